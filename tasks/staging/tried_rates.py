"""What a plan will cost, measured: the stages are tried on a few sources in a temporary store."""

from __future__ import annotations

import tempfile
from pathlib import Path

from shls_core.errors import TooManyRejected
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import FOOTAGE, INGEST
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan
from tasks.planning.estimate import Rate, bytes_per_row_of
from tasks.runs.execution_config import StagingConfig
from tasks.stages.photograph_folder.notes_table import NOTES_FILE
from tasks.stages.video_folder.listing import NOTES_FILE as NOTES_FILE_OF_VIDEOS
from tasks.staging.trial import gather_files, try_stages

TRIED_SOURCES = 6


def tried_rates(plan: DatasetPlan, staging: StagingConfig) -> dict[str, Rate]:
    """Try the stages on a few photographs and videos in a temporary store, and return what the rows cost."""
    rates: dict[str, Rate] = {}
    with tempfile.TemporaryDirectory(prefix="shls-trial-") as folder:
        store = Store.create(Path(folder, "store"))
        photographs, videos = (Path(folder, name) for name in ("photographs", "videos"))
        for name, place, notes_file in (
            (INGEST, photographs, NOTES_FILE),
            (FOOTAGE, videos, NOTES_FILE_OF_VIDEOS),
        ):
            place.mkdir()
            planned = [stage for stage in plan.stages if stage.stage.name == name]
            rows = [row.plan for stage in planned for shard in stage.shards for row in shard.rows]
            gather_files(rows, TRIED_SOURCES, place, notes_file)
        stages = [stage.stage for stage in plan.stages]
        try:
            for outcome, seconds in try_stages(store, photographs, stages, staging, TRIED_SOURCES, videos):
                rates[outcome.name] = Rate(
                    seconds,
                    bytes_per_row_of(StageArtifact(store.objects, outcome.artifact)),
                    f"{outcome.rows} rows tried just now",
                )
        except TooManyRejected:  # the rates of later stages stay unknown
            pass
    return rates
