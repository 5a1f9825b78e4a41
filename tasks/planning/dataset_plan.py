"""The plan of a dataset: its stages in order, each planned from the planned rows of those before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from storage.records.manifests import DatasetManifest, record_id
from storage.rows.stage_artifact import AcceptedRows
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn
from tasks.planning.planned_rows import PlannedRows
from tasks.planning.sources.listing import LOOKING_ONLY, Reading
from tasks.planning.stage_plan import StagePlan, made_artifact, plan_stage, wanted_rows
from tasks.stages.stage import Stage


@dataclass(frozen=True)
class DatasetPlan:
    """The planned stages of a dataset, and what of them exists."""

    store: Store
    rows_per_shard: int
    stages: tuple[StagePlan, ...] = ()
    rows: Mapping[str, PlannedRows] = field(default_factory=dict)
    """The planned rows of every stage."""

    @cached_property
    def withdrawn(self) -> frozenset[str]:
        """Ids of the photographs that must not be used."""
        return frozenset(withdrawn(self.store))

    def inputs(self, stage: Stage) -> Mapping[str, AcceptedRows]:
        """Return the planned rows that a stage reads."""
        return {name: self.rows[name] for name in stage.reads}

    def is_exact(self, plan: StagePlan) -> bool:
        """Return whether all rows that a stage reads exist: then its plan is exactly what will be done."""
        by_name = {other.stage.name: other for other in self.stages}
        return all(not by_name[name].rows_to_compute for name in plan.stage.reads)

    def dataset_id(self) -> str | None:
        """Return the id of the dataset, if all of it exists; None if anything has to be made."""
        artifacts: dict[str, str] = {}
        contents: dict[str, str] = {}
        for plan in self.stages:
            made = made_artifact(self.store, plan, {name: contents[name] for name in plan.stage.reads})
            if made is None:
                return None
            artifacts[plan.stage.name], manifest = made
            contents[plan.stage.name] = manifest.content_digest
        return record_id(DatasetManifest(stages=artifacts))


def plan_dataset(
    store: Store, stages: Sequence[Stage], rows_per_shard: int, reading: Reading = LOOKING_ONLY
) -> DatasetPlan:
    """Plan the stages in their order; shards are not hashed, and only `reading` may write: the index."""
    return planned_further(DatasetPlan(store, rows_per_shard), stages, reading)


def planned_further(
    begun: DatasetPlan, stages: Sequence[Stage], reading: Reading = LOOKING_ONLY
) -> DatasetPlan:
    """Return a plan with more stages, after those that it has."""
    plan = begun
    for stage in stages:
        wanted = wanted_rows(plan.store, stage, plan.inputs(stage), reading)
        planned = plan_stage(plan.store, stage, wanted, plan.rows_per_shard, plan.store.objects.exists)
        # Rows are foreseen once, however many stages read them.
        rows = {**plan.rows, stage.name: PlannedRows(plan.store.objects, planned)}
        plan = replace(plan, stages=(*plan.stages, planned), rows=rows)
    return plan
