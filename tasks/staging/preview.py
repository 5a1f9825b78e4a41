"""A preview: what a configuration makes from a few photographs and videos, before a long build."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from shls_core.clips.config import FootageConfig
from shls_core.errors import NameUnknown
from shls_core.files.skipped_counts import SkippedFiles, counted_by_kind
from storage.rows.source_kinds import VIDEOS
from storage.rows.stage_names import CLIPS, INGEST
from storage.store import Store
from storage.withdrawal.deny_list import counted_by_reason
from tasks.planning.baseline import Baseline
from tasks.planning.left_out import without_withdrawn
from tasks.runs.execution_config import StagingConfig
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.stage import Stage
from tasks.stages.video_folder.listing import NOTES_FILE
from tasks.staging.filmstrip import DrawnVideo, draw_video
from tasks.staging.samples import RejectedSample, Sample, SampleReader
from tasks.staging.staged_videos import RejectedVideo, StagedVideos
from tasks.staging.trial import gather_files, gather_stored, try_stages

_MOST_CLIPS = 100
"""Of a video in a preview: more than there are in the footage of its beginning."""


@dataclass(frozen=True)
class Handful:
    """A few photographs or videos, and what there is besides that no build would use."""

    folder: Path
    skipped: tuple[SkippedFiles, ...] = ()
    """What lies among them and is not used."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Those that were withdrawn: how many for each reason."""


@contextmanager
def handful(config: IngestConfig, store: str, name: str, count: int) -> Iterator[Handful]:
    """Give the block a folder of at most `count` photographs, spread evenly by id: the same ones each time.

    They come from the configured photographs; if none are configured, from the latest dataset in a store.

    Raises
    ------
    NameUnknown
        If there is neither.
    """
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        found = Handful(Path(folder))
        if config.images is not None:
            sources = IngestStage(config).sources()
            plans, left_out = list(sources.rows), {}
            with suppress(NameUnknown):  # without a store nothing is withdrawn
                plans, withdrawals = without_withdrawn(Store.open(store), plans)
                left_out = counted_by_reason(withdrawals.values())
            gather_files(plans, count, Path(folder))
            skipped = counted_by_kind(sources.skipped, sources.totals)
            found = Handful(Path(folder), skipped, left_out)
        else:
            opened = Store.open(store)
            baseline = Baseline.latest(opened, name)
            if baseline is None:
                raise NameUnknown(
                    f"expected photographs in --images, or a dataset {name} in {store}, found neither"
                )
            gather_stored(opened, baseline.artifacts[INGEST], count, Path(folder))
        yield found


@contextmanager
def handful_of_videos(config: FootageConfig, store: str, count: int) -> Iterator[Handful]:
    """Give the block a folder of at most `count` of the configured videos, spread evenly by id.

    Raises
    ------
    InputError
        If none are configured, or all of them are withdrawn.
    """
    sources = FootageStage(config).sources()
    plans, left_out = list(sources.rows), {}
    with suppress(NameUnknown):  # without a store nothing is withdrawn
        plans, withdrawals = without_withdrawn(Store.open(store), plans, VIDEOS.plural)
        left_out = counted_by_reason(withdrawals.values())
    with tempfile.TemporaryDirectory(prefix="shls-preview-") as folder:
        gather_files(plans, count, Path(folder), NOTES_FILE)
        yield Handful(Path(folder), counted_by_kind(sources.skipped, sources.totals), left_out)


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
