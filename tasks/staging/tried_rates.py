"""What a plan will cost, measured: the stages are tried on a few sources in a temporary store."""

from __future__ import annotations

import tempfile
from pathlib import Path

from shls_core.errors import TooManyRejected
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind, kinds_among
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan
from tasks.planning.estimate import Rate, bytes_per_row_of
from tasks.runs.execution_config import StagingConfig
from tasks.stages.photograph_folder import notes_table as photograph_notes
from tasks.stages.video_folder import listing as video_notes
from tasks.staging.trial import gather_files, try_stages

TRIED_SOURCES = 6
_NOTES_FILES = {PHOTOGRAPHS: photograph_notes.NOTES_FILE, VIDEOS: video_notes.NOTES_FILE}


def tried_rates(plan: DatasetPlan, staging: StagingConfig) -> dict[str, Rate]:
    """Try the stages on a few sources of each kind in temporary stores, and return what the rows cost."""
    rates: dict[str, Rate] = {}
    for kind in kinds_among([stage.stage.name for stage in plan.stages]):
        rates |= _tried(plan, kind, staging)
    return rates


def _tried(plan: DatasetPlan, kind: SourceKind, staging: StagingConfig) -> dict[str, Rate]:
    rates: dict[str, Rate] = {}
    planned = {stage.stage.name: stage for stage in plan.stages}
    with tempfile.TemporaryDirectory(prefix="shls-trial-") as folder:
        sources, store = Path(folder, kind.plural), Store.create(Path(folder, "store"))
        sources.mkdir()
        rows = [row.plan for shard in planned[kind.stage].shards for row in shard.rows]
        gather_files(rows, TRIED_SOURCES, sources, _NOTES_FILES[kind])
        stages = [planned[name].stage for name in kind.stages if name in planned]
        try:
            for outcome, seconds in try_stages(store, sources, stages, staging, TRIED_SOURCES):
                rates[outcome.name] = Rate(
                    seconds,
                    bytes_per_row_of(StageArtifact(store.objects, outcome.artifact)),
                    f"{outcome.rows} rows tried just now",
                )
        except TooManyRejected:  # the rates of later stages stay unknown
            pass
    return rates
