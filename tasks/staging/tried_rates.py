"""What a plan will cost, measured: the stages are tried on a few photographs in a temporary store."""

from __future__ import annotations

import tempfile
from pathlib import Path

from shls_core.errors import TooManyRejected
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import INGEST
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan
from tasks.planning.estimate import Rate, bytes_per_row_of
from tasks.runs.execution_config import StagingConfig
from tasks.staging.trial import gather_files, try_stages

TRIED_PHOTOGRAPHS = 6


def tried_rates(plan: DatasetPlan, staging: StagingConfig) -> dict[str, Rate]:
    """Try the stages on a few photographs in a temporary store, and return what the rows cost."""
    rates: dict[str, Rate] = {}
    ingest = next(stage for stage in plan.stages if stage.stage.name == INGEST)
    with tempfile.TemporaryDirectory(prefix="shls-trial-") as folder:
        photographs, store = Path(folder, "photographs"), Store.create(Path(folder, "store"))
        photographs.mkdir()
        gather_files(
            [row.plan for shard in ingest.shards for row in shard.rows], TRIED_PHOTOGRAPHS, photographs
        )
        stages = [stage.stage for stage in plan.stages]
        try:
            for outcome, seconds in try_stages(store, photographs, stages, staging, TRIED_PHOTOGRAPHS):
                rates[outcome.name] = Rate(
                    seconds,
                    bytes_per_row_of(StageArtifact(store.objects, outcome.artifact)),
                    f"{outcome.rows} rows tried just now",
                )
        except TooManyRejected:  # the rates of later stages stay unknown
            pass
    return rates
