"""What `shls dataset plan` prints: which stages and shards are fresh, why others are not, what they cost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shls_core.errors import NameUnknown
from shls_core.files.skipped_counts import SkippedFiles
from storage.files.free_space import free_bytes
from storage.rows.source_kinds import plurals_of
from storage.store import Store
from storage.withdrawal.deny_list import counted_by_reason
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset
from tasks.planning.estimate import Rate, completed_rates, needs_trial, recorded_rates, workers_of
from tasks.planning.file_names import FileNames
from tasks.planning.reasons import Reason
from tasks.planning.sources.listing import Reading
from tasks.planning.stage_plan import PlannedShard, ShardStatus, StagePlan
from tasks.planning.staleness import Staleness
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.map_matches import unmatched_maps
from tasks.stages.stage import Stage
from tasks.staging.tried_rates import tried_rates


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShardReport(_Report):
    """One shard of a plan."""

    shard: str
    """Digest of the shard, if it exists; of the keys of its rows, if not."""
    status: ShardStatus
    rows: int
    rows_to_compute: int
    rows_to_copy: int
    reasons: tuple[Reason, ...]


class StageReport(_Report):
    """One stage of a plan."""

    name: str
    status: Literal["fresh", "stale"]
    reasons: tuple[Reason, ...]
    is_exact: bool
    """Whether the figures are what will be done; otherwise they are the most that will be done, because
    rows that the stage reads are still to be made."""
    rows: int
    rows_to_compute: int
    rows_to_copy: int
    seconds: float | None
    """Estimate; None if unknown. The same holds for `bytes_to_write`."""
    bytes_to_write: int | None
    basis: str
    """What the estimate of the seconds is made from."""
    shards: tuple[ShardReport, ...]


class PlanReport(_Report):
    """A plan and its reasons."""

    name: str
    store: str
    against: str | None
    """Id of the dataset it is compared with."""
    dataset: str | None
    """Id of the dataset, if all of it exists."""
    is_fresh: bool
    left_out: dict[str, int]
    """Sources of which no row is planned because they were withdrawn: how many for each reason."""
    skipped: tuple[SkippedFiles, ...]
    """What lies among the sources and is not used."""
    rejected: dict[str, int]
    """Rows of sources that are rejected, or will be: how many for each reason."""
    unmatched: dict[str, int]
    """Of a folder of saliency maps: photographs without a map, and maps without a photograph."""
    stages: tuple[StageReport, ...]
    bytes_free: int | None
    """On the disk of the store; None if there is no such limit."""

    @property
    def nouns(self) -> str:
        """What its sources are called."""
        return plurals_of(stage.name for stage in self.stages)

    @property
    def rows_to_compute(self) -> int:
        """Of all stages."""
        return sum(stage.rows_to_compute for stage in self.stages)

    @property
    def bytes_to_write(self) -> int:
        """Of all stages, as far as it is known."""
        return sum(stage.bytes_to_write or 0 for stage in self.stages)

    @property
    def seconds(self) -> float | None:
        """Of all stages; None if it is not known of one."""
        known = [stage.seconds for stage in self.stages if stage.seconds is not None]
        return sum(known) if len(known) == len(self.stages) else None


def plan_report(
    location: str,
    name: str,
    stages: Sequence[Stage],
    staging: StagingConfig,
    execution: ExecutionConfig,
    against: str | None = None,
) -> PlanReport:
    """Plan a dataset and report why stages and shards are not fresh; nothing is written to the store.

    Parameters
    ----------
    location
        The store, which need not exist.
    name
        Name of the dataset; the one published last under it is what the plan is compared with.
    stages
        The stages under the configuration wanted.
    staging, execution
        How rows are grouped; where the work would be done.
    against
        Another dataset to compare with.
    """
    with _open_or_empty(location) as store:
        plan = plan_dataset(store, stages, staging.rows_per_shard, Reading(execution.rehash))
        baseline = Baseline.of(store, against) if against else Baseline.latest(store, name)
        workers = workers_of(execution)
        rates = recorded_rates(store, plan)
        if needs_trial(plan, rates, workers):
            rates = completed_rates(rates, tried_rates(plan, staging))
        file_names = FileNames(plan, baseline)
        is_fresh = not any(stage.stale for stage in plan.stages)
        return PlanReport(
            name=name,
            store=location,
            against=baseline and baseline.dataset,
            dataset=plan.dataset_id() if is_fresh else None,
            is_fresh=is_fresh,
            left_out=counted_by_reason(
                withdrawal for stage in plan.stages for withdrawal in stage.left_out.values()
            ),
            rejected={
                reason: count
                for stage in plan.stages
                if not stage.stage.reads
                for reason, count in plan.rows[stage.stage.name].rejected_reasons().items()
            },
            skipped=tuple(one for stage in plan.stages for one in stage.wanted.skipped),
            unmatched={
                what: count
                for stage in plan.stages
                for what, count in unmatched_maps(stage.stage, stage.wanted.rows).items()
            },
            stages=tuple(
                _stage_report(plan, stage, baseline, file_names, rates, workers) for stage in plan.stages
            ),
            bytes_free=free_bytes(location),
        )


def _stage_report(
    plan: DatasetPlan,
    stage: StagePlan,
    baseline: Baseline | None,
    file_names: FileNames,
    rates: Mapping[str, Rate],
    workers: int,
) -> StageReport:
    staleness = Staleness(plan, stage, baseline, file_names)
    rate = rates[stage.stage.name]
    seconds, bytes_to_write = rate.seconds(stage, workers), rate.bytes_to_write(stage)
    return StageReport(
        name=stage.stage.name,
        status="stale" if stage.stale else "fresh",
        reasons=tuple(staleness.of_stage()),
        is_exact=plan.is_exact(stage),
        rows=stage.num_rows,
        rows_to_compute=stage.rows_to_compute,
        rows_to_copy=stage.rows_to_copy,
        seconds=None if seconds is None else round(seconds, 1),
        bytes_to_write=None if bytes_to_write is None else round(bytes_to_write),
        basis=rate.basis,
        shards=tuple(_shard_report(shard, staleness) for shard in stage.shards),
    )


def _shard_report(shard: PlannedShard, staleness: Staleness) -> ShardReport:
    return ShardReport(
        shard=shard.ref.digest if shard.ref else shard.key,
        status=shard.status,
        rows=len(shard.rows),
        rows_to_compute=shard.rows_to_compute,
        rows_to_copy=shard.rows_to_copy,
        reasons=tuple(staleness.of_shard(shard)),
    )


@contextmanager
def _open_or_empty(location: str) -> Iterator[Store]:
    """Open a store to read; if there is none yet, an empty temporary one."""
    with tempfile.TemporaryDirectory(prefix="shls-plan-") as folder:
        try:
            store = Store.open(location)
        except NameUnknown:
            store = Store.create(folder)
        yield store
