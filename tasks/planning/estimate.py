"""What a plan will cost, estimated from earlier runs, or from a trial with a few photographs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shls_core.errors import ObjectMissing
from storage.kinds import RunKind
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import INGEST
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan
from tasks.planning.stage_plan import StagePlan
from tasks.runs.execution_config import ExecutionConfig

_RUNS_LOOKED_AT = 5


@dataclass(frozen=True)
class Rate:
    """What a row of a stage costs."""

    seconds_per_row: float | None = None
    """For one worker; None if unknown."""
    bytes_per_row: float | None = None
    basis: str = "no run yet"
    """Where the seconds come from."""

    def seconds(self, plan: StagePlan, workers: int) -> float | None:
        """Return how long the rows to compute will take `workers` workers, in seconds."""
        if not plan.rows_to_compute:
            return 0.0
        return None if self.seconds_per_row is None else self.seconds_per_row * plan.rows_to_compute / workers

    def bytes_to_write(self, plan: StagePlan) -> float | None:
        """Return the size of the shards to be made, in bytes; a photograph counts as large as its file."""
        if not plan.stale:
            return 0.0
        rows = [row for shard in plan.stale for row in shard.rows]
        new = [row.plan.location for row in rows if row.known is None and plan.stage.name == INGEST]
        objects = plan.wanted.objects
        sizes = (objects[file].size if file in objects else Path(file).stat().st_size for file in new if file)
        of_files = float(sum(sizes))
        if len(new) == len(rows):
            return of_files
        if self.bytes_per_row is None:
            return None
        return of_files + self.bytes_per_row * (len(rows) - len(new))


def workers_of(execution: ExecutionConfig) -> int:
    """Return how many workers share the work."""
    return execution.most_workers if execution.backend == "ray" else 1


def recorded_rates(store: Store, plan: DatasetPlan) -> dict[str, Rate]:
    """Return the cost of the rows of each stage: time from the last runs, size from the newest artifact."""
    done = list(_stages_of_runs(store))
    return {stage.stage.name: _recorded_rate(store, stage.stage.name, done) for stage in plan.stages}


def newest_artifact(store: Store, stage: str) -> StageArtifact | None:
    """Return the newest artifact of a stage; None if there is none, or it was removed since."""
    for artifact_id in store.keys.recent(stage, 1):
        with suppress(ObjectMissing):
            return StageArtifact(store.objects, artifact_id)
    return None


def needs_trial(plan: DatasetPlan, rates: Mapping[str, Rate], workers: int) -> bool:
    """Return whether the cost of some of the work is unknown."""
    return any(
        rates[stage.stage.name].seconds(stage, workers) is None
        or rates[stage.stage.name].bytes_to_write(stage) is None
        for stage in plan.stages
    )


def completed_rates(recorded: Mapping[str, Rate], tried: Mapping[str, Rate]) -> dict[str, Rate]:
    """Return the recorded rates, with the tried ones instead of unknown ones."""
    rates = {}
    for name, known in recorded.items():
        trial = tried.get(name, Rate())
        rates[name] = Rate(
            known.seconds_per_row if known.seconds_per_row is not None else trial.seconds_per_row,
            known.bytes_per_row if known.bytes_per_row is not None else trial.bytes_per_row,
            known.basis if known.seconds_per_row is not None else trial.basis,
        )
    return rates


def _stages_of_runs(store: Store) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield what each run recorded of each stage it made, and its number of workers; newest first."""
    for run in reversed(store.ledger.runs()):
        configuration = json.loads(run["configuration"])
        if run["kind"] == RunKind.DATASET and "execution" in configuration:
            workers = workers_of(ExecutionConfig.model_validate(configuration["execution"]))
            for stage in json.loads(run["details"]).get("stages", ()):
                yield stage, workers


def _recorded_rate(store: Store, stage: str, done: Sequence[tuple[dict[str, Any], int]]) -> Rate:
    last = [(made, workers) for made, workers in done if made["name"] == stage and made["rows_computed"]]
    last = last[:_RUNS_LOOKED_AT]
    newest = newest_artifact(store, stage)
    bytes_per_row = bytes_per_row_of(newest) if newest else None
    if not last:
        return Rate(bytes_per_row=bytes_per_row)
    seconds = sum(made["seconds"] * workers for made, workers in last)
    rows = sum(made["rows_computed"] for made, _ in last)
    basis = f"{rows} rows of the last {len(last)} runs" if len(last) > 1 else f"{rows} rows of the last run"
    return Rate(seconds / rows, bytes_per_row, basis)


def bytes_per_row_of(artifact: StageArtifact) -> float:
    """Return the size of the shards of an artifact for each row, in bytes."""
    return sum(shard.bytes for shard in artifact.manifest.shards) / artifact.manifest.rows
