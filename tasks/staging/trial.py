"""Trials: the real stages on a few photographs or videos, in a temporary store."""

from __future__ import annotations

import csv
import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shls_core.errors import NameUnknown
from storage.canonical import short
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import StageArtifact
from storage.sources.bucket import is_address
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn
from tasks.planning.sources.fetching import fetch, fetch_frames
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.outcomes import StageOutcome
from tasks.stages.footage import FootageStage
from tasks.stages.handful import Handful, evenly_spread
from tasks.stages.ingest import IngestStage
from tasks.stages.photograph_folder.notes_table import NOTE_COLUMNS, NOTES_FILE
from tasks.stages.stage import RowPlan, Stage
from tasks.staging.build_stage import build_stage


def try_stages(
    store: Store,
    sources: Path,
    stages: Sequence[Stage],
    staging: StagingConfig,
    count: int,
    rows_of_each: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[tuple[StageOutcome, float]]:
    """Make the stages of one kind of sources, one after another here, for at most `count` in a folder.

    The next stage is tried however many rows are rejected.

    Parameters
    ----------
    store
        Where the rows go.
    sources
        The folder of photographs, or of videos.
    stages
        The stages, each after those it reads.
    staging
        Its limits of rejected rows and of rows in a shard are not used.
    count
        Most sources.
    rows_of_each
        Most rows of a source, by stage; otherwise 1.

    Yields
    ------
    tuple[StageOutcome, float]
        For each stage, its outcome and the seconds per row after the first ones, which include what a
        process does once.

    Raises
    ------
    TooManyRejected
        If no row at all is left for the next stage.
    """
    tolerant = staging.model_copy(update={"max_rejected_share": 1.0, "rows_per_shard": 1})
    artifacts: dict[str, str] = {}
    for stage in stages:
        if isinstance(stage, IngestStage):
            photographs = stage.config.model_copy(update={"images": str(sources)})
            stage = dataclasses.replace(stage, config=photographs)
        elif isinstance(stage, FootageStage):
            videos = stage.config.model_copy(update={"videos": str(sources)})
            stage = dataclasses.replace(stage, config=videos)
        inputs = {name: artifacts[name] for name in stage.reads}
        clock = _Clock()
        outcome = build_stage(
            store,
            Handful(stage, count, rows_of_each.get(stage.name, 1)),
            inputs,
            tolerant,
            ExecutionConfig(backend="serial"),
            clock.advance,
        )
        artifacts[stage.name] = outcome.artifact
        yield outcome, clock.seconds_per_row()


class _Clock:
    """Records the number of rows made, with the time."""

    def __init__(self) -> None:
        self._made: list[tuple[int, float]] = []

    def advance(self, done: int, total: int) -> None:
        self._made.append((done, time.monotonic()))

    def seconds_per_row(self) -> float:
        first, last = self._made[min(1, len(self._made) - 2)], self._made[-1]
        return (last[1] - first[1]) / (last[0] - first[0])


def gather_files(plans: Sequence[RowPlan], count: int, folder: Path, notes_file: str = NOTES_FILE) -> None:
    """Link a few of the sources that a stage planned, spread evenly by id, into an empty folder.

    What lies in a bucket is fetched: of a folder of frames, those of its first row.
    """
    # Of a video, the first row has its id; duplicates have others.
    originals = {
        plan.sample_id: plan
        for plan in plans
        if plan.sample_id == plan.source_ids[0]
        and ("unreadable" not in plan.decided or plan.decided.get("file_digest") is not None)
    }
    chosen = evenly_spread([originals[image_id] for image_id in sorted(originals)], count)
    for plan in chosen:
        assert plan.location is not None
        place = _place(folder, _name(plan.decided))
        if not is_address(plan.location):
            place.symlink_to(plan.location)
        elif "files" in plan.decided:
            place.mkdir()
            fetch_frames(plan.location, plan.decided["files"], place)
        else:
            fetch(plan.location, place, plan.decided["file_digest"])
    _write_notes(folder / notes_file, [{**plan.decided, "file_name": _name(plan.decided)} for plan in chosen])


def gather_stored(store: Store, ingest: StageArtifact, count: int, folder: Path) -> None:
    """Write a few photographs of a dataset, spread evenly by id, into an empty folder; none is withdrawn.

    Raises
    ------
    NameUnknown
        If the dataset holds none.
    """
    columns = ("file_name", "source", "licence", "consent", "scene")
    denied = withdrawn(store)
    free = [item for item in ingest.accepted(columns) if item[0].sample_id not in denied]
    chosen = evenly_spread(free, count)
    if not chosen:
        raise NameUnknown(f"expected a dataset with photographs, found none in {short(ingest.id)}…")
    reader = RowReader(store.with_stand_ins())
    for address, row in chosen:
        image = reader.row(address.shard, address.index, ("image",))["image"]
        _place(folder, row["file_name"]).write_bytes(image)
    _write_notes(folder / NOTES_FILE, [row for _, row in chosen])


def _place(folder: Path, file_name: str) -> Path:
    """Return where a source goes: under its own name."""
    path = folder / file_name
    assert ".." not in path.parts, f"{file_name} is no name inside a folder"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _name(decided: Mapping[str, Any]) -> str:
    """Return the name of a source; a folder of frames that is the whole folder has none of its own."""
    return "frames" if decided["file_name"] == "." else str(decided["file_name"])


def _write_notes(path: Path, notes: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("file_name", *NOTE_COLUMNS), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(notes)
