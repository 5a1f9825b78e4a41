"""The plan of a build: its size is checked before the build, which then follows it."""

from __future__ import annotations

from collections.abc import Sequence

from storage.files.free_space import free_bytes, refuse_without_space
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset, planned_further
from tasks.planning.estimate import newest_artifact, recorded_rates
from tasks.planning.sources.listing import Reading
from tasks.planning.stage_plan import WantedRows
from tasks.runs.execution_config import StagingConfig
from tasks.stages.stage import Stage


class BuildPlan:
    """What is known of the rows of a dataset before it is built.

    Not a dataclass: tasks get it as an argument, and Prefect would search every row for results of tasks.
    """

    def __init__(self, plan: DatasetPlan) -> None:
        self._plan = plan

    def wanted(self, stage: Stage) -> WantedRows | None:
        """Return the rows of a stage, or None where they depend on rows that were still to be made."""
        stale = {plan.stage.name for plan in self._plan.stages if plan.stale}
        found = (plan for plan in self._plan.stages if plan.stage.name == stage.name)
        return next((plan.wanted for plan in found if stale.isdisjoint(stage.reads)), None)


def plan_build(
    stages: Sequence[Stage], store: Store, staging: StagingConfig, rehash: bool = False
) -> BuildPlan:
    """Plan a dataset; refuse one that the disk cannot hold.

    Sources are hashed here, and not again when they are built; those that did not change since the last build
    are not read, unless `rehash` says so. The rows made from a new source are assumed
    to be as large as those in the store's newest dataset; in a store without one, their size counts as 0.

    Raises
    ------
    StoreUnwritable
        If a store has no room for what is to be made.
    """
    sources = [stage for stage in stages if not stage.reads]
    plan = plan_dataset(store, sources, staging.rows_per_shard, Reading(rehash, remember=True))
    if free_bytes(store.location) is None:
        return BuildPlan(plan)
    new = {source.stage.name: source.rows_to_compute for source in plan.stages}
    # Where a source is new, the rows made from it are not known yet.
    known_stages = [
        stage for stage in stages if stage.reads and not any(new[of] for of in _sources(stage, stages))
    ]
    plan = planned_further(plan, known_stages)
    rates = recorded_rates(store, plan)
    known = sum(rates[stage.stage.name].bytes_to_write(stage) or 0 for stage in plan.stages)
    made = sum(rows * _bytes_made_of_a_source(store, name, stages) for name, rows in new.items() if rows)
    refuse_without_space(store.location, known + made)
    return BuildPlan(plan)


def _sources(stage: Stage, stages: Sequence[Stage]) -> set[str]:
    """Return the stages of sources from which the rows of a stage descend."""
    if not stage.reads:
        return {stage.name}
    read = [other for other in stages if other.name in stage.reads]
    return {source for other in read for source in _sources(other, stages)}


def _bytes_made_of_a_source(store: Store, source: str, stages: Sequence[Stage]) -> float:
    """Return the bytes that later stages store of each row of a source, by the newest artifacts."""
    derived = [stage.name for stage in stages if stage.reads and source in _sources(stage, stages)]
    made = [newest_artifact(store, name) for name in (source, *derived)]
    if None in made:
        return 0.0
    sources, *others = (artifact.manifest for artifact in made if artifact)
    return sum(shard.bytes for manifest in others for shard in manifest.shards) / sources.rows
