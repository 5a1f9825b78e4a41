"""A build that the disk cannot hold is refused before it begins."""

from __future__ import annotations

from collections.abc import Sequence

from storage.files.free_space import free_bytes, refuse_without_space
from storage.store import Store
from tasks.planning.dataset_plan import plan_dataset, planned_further
from tasks.planning.estimate import newest_artifact, recorded_rates
from tasks.runs.execution_config import StagingConfig
from tasks.stages.stage import Stage


def refuse_what_does_not_fit(stages: Sequence[Stage], store: str, staging: StagingConfig) -> None:
    """Raise StoreUnwritable if a store has no room for the dataset that is to be made of these stages.

    No photograph is looked at for it: what is made of new ones is taken to be as large as what the store's
    newest dataset made of its own, and nothing in a store without any.
    """
    if free_bytes(store) is None:
        return
    opened = Store.create(store)
    plan = plan_dataset(opened, stages[:1], staging.rows_per_shard)
    new = sum(stage.rows_to_compute for stage in plan.stages)
    if not new:
        plan = planned_further(plan, stages[1:])
    rates = recorded_rates(opened, plan)
    known = sum(rates[stage.stage.name].bytes_to_write(stage) or 0 for stage in plan.stages)
    refuse_without_space(store, known + new * _bytes_made_of_a_photograph(opened, stages))


def _bytes_made_of_a_photograph(store: Store, stages: Sequence[Stage]) -> float:
    """Return what the stages after the first one keep of each photograph, by their newest artifacts."""
    made = [newest_artifact(store, stage.name) for stage in stages]
    if None in made:
        return 0.0
    photographs, *derived = (artifact.manifest for artifact in made if artifact)
    return sum(shard.bytes for manifest in derived for shard in manifest.shards) / photographs.rows
