"""Pictures of a dataset: samples, spread evenly over their ids, and photographs of which none was made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from storage.gate.drift_figures import kind_of_reason
from storage.records.tombstones import ERASED
from storage.rows.stage_names import CLIPS, FOOTAGE
from tasks.reports.lineage.stage_section import TITLES, StageSection
from tasks.reports.pictures import Picture, picture
from tasks.stages.handful import evenly_spread
from tasks.staging.sample_pictures import fitted, sample_pictures, sample_text
from tasks.staging.samples import RejectedSample, SampleReader
from tasks.staging.staged_videos import Piece, StagedVideo, StagedVideos

_SAMPLES, _REJECTED_OF_A_REASON = 8, 6
_SIDE_PX, _SMALL_SIDE_PX = 240, 120


@dataclass(frozen=True)
class ShownSample:
    """One sample: its id, what happens in it, what it was made from, and its pictures."""

    sample_id: str
    template: str
    """File name of the photograph that keeps its own object."""
    sources: tuple[str, ...]
    """File names of those whose objects are pasted, each once."""
    split: str
    summary: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class RejectedRow:
    """One row that was rejected."""

    file_name: str
    reason: str
    picture: Picture | None


@dataclass(frozen=True)
class RejectedGroup:
    """Rows that one stage rejected for one kind of reason: how many, and the first few by file name."""

    stage: str
    title: str
    reason: str
    count: int
    rows: tuple[RejectedRow, ...]


def shown_samples(reader: SampleReader) -> tuple[ShownSample, ...]:
    """Choose a few samples, always the same ones."""
    return tuple(_shown(reader, sample_id) for sample_id in evenly_spread(reader.sample_ids(), _SAMPLES))


def rejected_groups(
    stills: SampleReader | None, videos: StagedVideos | None, stages: Sequence[StageSection]
) -> tuple[RejectedGroup, ...]:
    """Group what the stages rejected: every reason with its count, and a few rows of it with pictures."""
    found: dict[tuple[str, str], list[RejectedRow]] = {}
    for one in stills.rejected(_REJECTED_OF_A_REASON) if stills else ():
        stage, _, reason = one.reason.partition(": ")
        found.setdefault((stage, kind_of_reason(reason)), []).append(_rejected_row(one, reason))
    for stage, reason, made in _rejected_of_videos(videos) if videos else ():
        of_reason = found.setdefault((stage, kind_of_reason(reason)), [])
        if len(of_reason) < _REJECTED_OF_A_REASON:
            of_reason.append(made())
    return tuple(
        RejectedGroup(
            stage.name, TITLES[stage.name], reason, count, tuple(found.get((stage.name, reason), ()))
        )
        for stage in stages
        for reason, count in stage.reasons
    )


def _shown(reader: SampleReader, sample_id: str) -> ShownSample:
    sample = reader.sample(sample_id)
    return ShownSample(
        sample_id=sample_id,
        template=sample.file_name,
        sources=tuple(dict.fromkeys(sample.source_file_names)),
        split=sample.split.replace("_", " "),
        summary=sample_text(sample),
        pictures=tuple(
            picture(fitted(drawn, _SIDE_PX), f"{what} of {sample.file_name}", what)
            for what, drawn in sample_pictures(sample, _SIDE_PX)
        ),
    )


def _rejected_of_videos(videos: StagedVideos) -> Iterator[tuple[str, str, Callable[[], RejectedRow]]]:
    """Yield stage and reason of every rejected video and piece, and what reads it with a picture."""
    for one in videos.rejected():
        yield FOOTAGE, one.reason, partial(RejectedRow, one.file_name, one.reason, None)
    for video in map(videos.video, videos.video_ids()):
        for piece in video.pieces:
            if piece.rejected:
                yield CLIPS, piece.rejected, partial(_rejected_piece, videos, video, piece, piece.rejected)


def _rejected_piece(videos: StagedVideos, video: StagedVideo, piece: Piece, reason: str) -> RejectedRow:
    """Return a piece with its middle frame."""
    name = f"{video.file_name}, {piece.first}"
    frame = videos.frame(video.video_id, piece.first + piece.count // 2)
    drawn = None if frame is None else picture(fitted(frame, _SMALL_SIDE_PX), f"{name}, rejected", name)
    return RejectedRow(name, reason, drawn)


def _rejected_row(one: RejectedSample, reason: str) -> RejectedRow:
    if one.photograph is None or reason == ERASED:  # then no picture of its remaining parents, either
        return RejectedRow(one.file_name, reason, None)
    drawn = fitted(one.photograph, _SMALL_SIDE_PX)
    return RejectedRow(one.file_name, reason, picture(drawn, f"{one.file_name}, rejected", one.file_name))
