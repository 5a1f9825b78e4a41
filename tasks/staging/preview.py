"""A preview: what a configuration makes from a few photographs and videos, before a long build."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from shls_core.clips.config import FootageConfig
from shls_core.errors import NameUnknown
from shls_core.files.skipped_counts import SkippedFiles
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind
from storage.rows.stage_names import CLIPS, INGEST
from storage.store import Store
from storage.withdrawal.deny_list import counted_by_reason
from tasks.planning.baseline import Baseline
from tasks.planning.left_out import without_withdrawn
from tasks.planning.sources.listing import list_sources
from tasks.runs.execution_config import StagingConfig
from tasks.stages.counted_sources import counts_of
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.photograph_folder import notes_table
from tasks.stages.stage import Stage
from tasks.stages.video_folder import listing
from tasks.staging.filmstrip import DrawnVideo, draw_video
from tasks.staging.samples import RejectedSample, Sample, SampleReader
from tasks.staging.staged_videos import RejectedVideo, StagedVideos
from tasks.staging.trial import gather_files, gather_stored, try_stages

_NOTES_FILES = {PHOTOGRAPHS: notes_table.NOTES_FILE, VIDEOS: listing.NOTES_FILE}
_MOST_CLIPS = 100
"""Of a video in a preview: more than there are in the footage of its beginning."""


@dataclass(frozen=True)
class Gathered:
    """A folder of a few sources, and what there is besides that no build would use."""

    folder: Path
    skipped: tuple[SkippedFiles, ...] = ()
    """What lies among them and is not used."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Those that were withdrawn: how many for each reason."""


@contextmanager
def few_photographs(config: IngestConfig, store: str, name: str, count: int) -> Iterator[Gathered]:
    """Give the block a folder of at most `count` photographs, spread evenly by id: the same ones each time.

    They come from the configured photographs; if none are configured, from the latest dataset in a store.

    Raises
    ------
    NameUnknown
        If there is neither.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        if config.images is not None:
            yield _gathered(IngestStage(config), PHOTOGRAPHS, store, count, Path(folder))
            return
        opened = Store.open(store)
        baseline = Baseline.latest(opened, name)
        if baseline is None:
            raise NameUnknown(
                f"expected photographs in --images, or a dataset {name} in {store}, found neither"
            )
        gather_stored(opened, baseline.artifacts[INGEST], count, Path(folder))
        yield Gathered(Path(folder))


@contextmanager
def few_videos(config: FootageConfig, store: str, count: int) -> Iterator[Gathered]:
    """Give the block a folder of at most `count` of the configured videos, spread evenly by id.

    Raises
    ------
    InputError
        If none are configured, or all of them are withdrawn.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        yield _gathered(FootageStage(config), VIDEOS, store, count, Path(folder))


def _gathered(stage: Stage, kind: SourceKind, store: str, count: int, folder: Path) -> Gathered:
    """Link a few of the sources that are not withdrawn into an empty folder."""
    opened = None
    with suppress(NameUnknown):  # without a store nothing is withdrawn, and nothing is known of files
        opened = Store.open(store)
    sources = list_sources(stage, opened).sources
    plans, left_out = list(sources.rows), {}
    if opened is not None:
        plans, withdrawals = without_withdrawn(opened, plans, kind.plural)
        left_out = counted_by_reason(withdrawals.values())
    gather_files(plans, count, folder, _NOTES_FILES[kind])
    return Gathered(folder, counts_of(sources), left_out)


def preview_videos(
    videos: Path, stages: Sequence[Stage], staging: StagingConfig, count: int
) -> list[DrawnVideo | RejectedVideo]:
    """Make footage of the beginning of each video of a folder, and all of its clips; return their strips.

    Raises
    ------
    TooManyRejected
        If none of the videos becomes footage.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        store = Store.create(folder)
        made = try_stages(store, videos, stages, staging, count, {CLIPS: _MOST_CLIPS})
        staged = StagedVideos(store.objects, {outcome.name: outcome.artifact for outcome, _ in made})
        drawn = [draw_video(staged, staged.video(video_id)) for video_id in staged.video_ids()]
        return [*drawn, *staged.rejected()]


def preview_samples(
    photographs: Path, stages: Sequence[Stage], staging: StagingConfig, max_side: int, count: int
) -> list[Sample | RejectedSample]:
    """Make one sample of each photograph of a folder, and return them by file name.

    Raises
    ------
    TooManyRejected
        If none of the photographs gives a sample.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        store = Store.create(folder)
        made = try_stages(store, photographs, stages, staging, count)
        reader = SampleReader(
            store.objects, {outcome.name: outcome.artifact for outcome, _ in made}, max_side
        )
        samples: list[Sample | RejectedSample] = [reader.sample(one) for one in reader.sample_ids()]
        samples += reader.rejected()
    return sorted(samples, key=lambda sample: sample.file_name)
