"""A build that the disk cannot hold is refused before it begins."""

from __future__ import annotations

from collections.abc import Sequence

from storage.free_space import free_bytes, refuse_without_space
from storage.store import Store
from tasks.execution_config import StagingConfig
from tasks.planning.dataset_plan import plan_dataset
from tasks.planning.estimate import recorded_rates
from tasks.stages.stage import Stage


def refuse_what_does_not_fit(stages: Sequence[Stage], store: str, staging: StagingConfig) -> None:
    """Plan a dataset and raise StoreUnwritable if its store has no room for what would be written.

    What is not known without trying counts as nothing: of the first dataset of a store, only the photographs.
    """
    if free_bytes(store) is None:
        return
    opened = Store.create(store)
    plan = plan_dataset(opened, stages, staging.rows_per_shard)
    rates = recorded_rates(opened, plan)
    refuse_without_space(
        store, sum(rates[stage.stage.name].bytes_to_write(stage) or 0 for stage in plan.stages)
    )
