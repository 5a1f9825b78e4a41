"""The plan of a build: its size is checked before the build, which then follows it."""

from __future__ import annotations

from collections.abc import Sequence

from storage.files.free_space import free_bytes, refuse_without_space
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset, planned_further
from tasks.planning.estimate import newest_artifact, recorded_rates
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


def plan_build(stages: Sequence[Stage], store: Store, staging: StagingConfig) -> BuildPlan:
    """Plan a dataset; refuse one that the disk cannot hold.

    Sources are hashed here, and not again when they are built. The rows made from a new source are assumed
    to be as large as those in the store's newest dataset; in a store without one, their size counts as 0.

    Raises
    ------
    StoreUnwritable
        If a store has no room for what is to be made.
    """
    plan = plan_dataset(store, stages[:1], staging.rows_per_shard)
    if free_bytes(store.location) is None:
        return BuildPlan(plan)
    new = sum(stage.rows_to_compute for stage in plan.stages)
    if not new:
        plan = planned_further(plan, stages[1:])
    rates = recorded_rates(store, plan)
    known = sum(rates[stage.stage.name].bytes_to_write(stage) or 0 for stage in plan.stages)
    refuse_without_space(store.location, known + new * _bytes_made_of_a_source(store, stages))
    return BuildPlan(plan)


def _bytes_made_of_a_source(store: Store, stages: Sequence[Stage]) -> float:
    """Return the bytes that the stages after the first one store of each source, by the newest artifacts."""
    made = [newest_artifact(store, stage.name) for stage in stages]
    if None in made:
        return 0.0
    sources, *derived = (artifact.manifest for artifact in made if artifact)
    return sum(shard.bytes for manifest in derived for shard in manifest.shards) / sources.rows
