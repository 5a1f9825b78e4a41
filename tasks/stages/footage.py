"""Footage: films and folders of frames become rows of a bounded number of frames, or rejected rows."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from shls_core.clips.config import FootageConfig
from shls_core.clips.sampling import Span, even_spans
from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.decode import DECODE_RULE
from shls_core.files.pictures.sizes import check_image_size
from shls_core.files.skipped import SkippedKind
from shls_core.files.skipped_beside_videos import BesideVideos, counted_beside_videos
from shls_core.files.source_file import NOT_READABLE, is_there
from shls_core.files.videos.film_times import MICROSECONDS, FilmTimes, film_times
from storage.canonical import digest_json
from storage.rows.schemas.footage import SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import FOOTAGE
from storage.rows.video_ids import footage_id
from tasks.stages.counted_sources import CountedSources
from tasks.stages.film_rows import reason_without_path, take_film_frames
from tasks.stages.folder_rows import take_folder_frames
from tasks.stages.photograph_folder.notes_table import NOTE_COLUMNS
from tasks.stages.stage import Row, RowPlan
from tasks.stages.video_folder.listing import Film, Frames, Listing, list_videos

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader

_FRAMES = 64
"""Most frames of a row, where they have at most 640 px; fewer of larger ones."""
_FRAMES_AT_PX = 640
_FEWEST_FRAMES = 8
_FILE_BYTES = 16 << 20
"""Most bytes of the files of a folder that make one row, unless a single one has more."""
_ROWS = 4
"""Most rows of a shard: some 25 MB, which a worker holds a few times while it writes them."""


@dataclass(frozen=True)
class FootageStage:
    """Takes in videos; the id of a video, and of its first row, is the SHA-256 of its file.

    The id of a folder of frames is the digest of ``["frames", [[name, SHA-256], ...]]`` in canonical JSON;
    further rows of a video have the digest of ``["footage", video, first]``.
    """

    name: ClassVar[str] = FOOTAGE
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = (
        "av",
        "imagehash",
        "numpy",
        "opencv-python-headless",
        "pillow",
        "pillow-heif",
        "pyarrow",
        "scipy",
    )
    most_rows_per_shard: ClassVar[int] = _ROWS
    config: FootageConfig

    @property
    def parameters(self) -> dict[str, Any]:
        """The rule by which bytes become pixels, the rate, the limits of size."""
        return {"decode_rule": DECODE_RULE, **self.config.model_dump(exclude={"videos"})}

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Return the rows of `sources`."""
        return list(self.sources().rows)

    def sources(self) -> CountedSources:
        """List the videos; the second of two with the same bytes is planned as a duplicate.

        How many frames a film has is known from its packets: nothing is decoded.
        """
        listing = _listing(self.config.videos)
        skipped, first_with = list(listing.skipped), dict[str, str]()
        rows: list[RowPlan] = []
        for video in listing.videos:
            video_id = _id_of(video)
            original = first_with.setdefault(video_id, video.name)
            notes = listing.notes.get(video.name, {})
            planned = _Video(video, video_id, original if original != video.name else None, notes)
            if isinstance(video, Frames):
                rows += planned.rows_of_folder()
                continue
            times = planned.times()
            if isinstance(times, FilmTimes) and times.is_cut_off:
                skipped.append((BesideVideos.CUT_OFF_FILM, video.name))
            rows += planned.rows_of_film(times, self.config)
        counted = counted_beside_videos(skipped, {SkippedKind.UNMATCHED_NOTE: listing.num_notes})
        return CountedSources(rows, counted=counted)

    def place(self, plan: RowPlan) -> tuple[str, int]:
        """Return the video of a row, and the place of its first frame."""
        return plan.source_ids[0], plan.decided["first"]

    def notes(self, plan: RowPlan) -> Row:
        """Return what is known of the video even if it cannot be used."""
        return {column: plan.decided[column] for column in ("file_name", "source", "licence", "consent")}

    def foresee(self, plan: RowPlan) -> Row:
        """Return a row as if the video had no cut: only decoding it would show them."""
        _refuse(plan)
        is_film = "places" in plan.decided
        count = plan.decided["places"][1] if is_film else len(plan.decided["files"])
        return {
            **_described(plan),
            "numbers": list(range(plan.decided["first"], plan.decided["first"] + count)),
            "change": [0.0] * count,
            "hashes": [None] * count,
        }

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Read the frames of the row, and compare each with the one before it."""
        _refuse(plan)
        is_film = "places" in plan.decided
        taken = take_film_frames(plan, self.config.max_side) if is_film else take_folder_frames(plan)
        if not taken.frames:
            raise SampleError(
                "damaged: none of its frames can be read" if taken.num_lost else "nothing new is shown"
            )
        check_image_size(taken.height, taken.width, self.config.min_side)
        return {
            **_described(plan),
            "height": taken.height,
            "width": taken.width,
            "numbers": taken.numbers,
            "frames": taken.frames,
            "change": taken.changes,
            "hashes": taken.hashes,
            "num_frames": len(taken.frames),
            "num_lost": taken.num_lost,
            "num_bytes": sum(map(len, taken.frames)),
        }


def _described(plan: RowPlan) -> Row:
    return {
        "first": plan.decided["first"],
        "fps": plan.decided.get("fps"),
        "scene": plan.decided["scene"] or plan.source_ids[0],
    }


def _refuse(plan: RowPlan) -> None:
    if "unreadable" in plan.decided:
        raise SampleError(plan.decided["unreadable"])
    if plan.decided["duplicate_of"] is not None:
        raise SampleError("duplicate")


def _id_of(video: Film | Frames) -> str:
    if isinstance(video, Frames):
        if video.unreadable:
            return digest_json([NOT_READABLE, video.name])
        return digest_json(["frames", [[file.name, file.digest] for file in video.files]])
    # A file whose bytes are not known has an id of its own, which no video has.
    return video.digest or digest_json([NOT_READABLE, video.name])


@dataclass(frozen=True)
class _Video:
    """A video that was found, and what is known of it before it is read."""

    found: Film | Frames
    video_id: str
    duplicate_of: str | None
    notes: Mapping[str, str]

    def times(self) -> FilmTimes | str:
        """Return how long a film is, or why it cannot be read."""
        if self.found.unreadable:
            return self.found.unreadable
        try:
            return film_times(self.found.path)
        except InputError as error:
            return reason_without_path(error, self.found.path)

    def rows_of_film(self, times: FilmTimes | str, config: FootageConfig) -> list[RowPlan]:
        """Plan the rows of a film; one that is rejected if it is unreadable or a duplicate."""
        assert isinstance(self.found, Film)
        known: dict[str, Any] = {"file_digest": self.found.digest}
        if isinstance(times, str):
            return [self._row(0, {**known, "unreadable": times})]
        if self.duplicate_of is not None:
            return [self._row(0, known)]
        fps = min(config.fps, times.fps)
        num_places = int((times.length + 1) * fps / MICROSECONDS) + 1
        known |= {"num_places": num_places, "fps": fps, "film_fps": times.fps, "has_times": times.has_times}
        spans = even_spans(num_places, _frames_per_row(config.max_side))
        return [self._row(span.first, {**known, "places": list(span)}) for span in spans]

    def rows_of_folder(self) -> list[RowPlan]:
        """Plan the rows of a folder of frames; one that is rejected if it is unreadable or a duplicate."""
        assert isinstance(self.found, Frames)
        if self.found.unreadable:
            return [self._row(0, {"unreadable": self.found.unreadable})]
        if self.duplicate_of is not None:
            return [self._row(0, {})]
        files = [[file.name, file.digest] for file in self.found.files]
        return [
            self._row(
                span.first,
                {
                    "files": files[span.first : span.first + span.length],
                    "before": files[span.first - 1] if span.first else None,
                },
            )
            for span in _spans_of_files([file.size for file in self.found.files])
        ]

    def _row(self, first: int, decided: Mapping[str, Any]) -> RowPlan:
        sample_id = footage_id(self.video_id, first)
        if self.duplicate_of is not None:
            sample_id = digest_json(["duplicate", self.video_id, self.found.name])
        return RowPlan(
            sample_id=sample_id,
            source_ids=(self.video_id,),
            decided={
                "file_name": self.found.name,
                "duplicate_of": self.duplicate_of,
                "first": first,
                **decided,
                **{column: self.notes.get(column) for column in NOTE_COLUMNS},
            },
            location=str(self.found.path.absolute()),  # a worker may run in another folder
        )


def _frames_per_row(max_side: int) -> int:
    return max(_FEWEST_FRAMES, min(_FRAMES, _FRAMES * _FRAMES_AT_PX**2 // max_side**2))


def _spans_of_files(sizes: list[int]) -> Iterator[Span]:
    """Divide the files of a folder into spans of bounded number and bytes."""
    first, held = 0, 0
    for number, size in enumerate(sizes):
        if number > first and (number - first >= _FRAMES or held + size > _FILE_BYTES):
            yield Span(first, number - first)
            first, held = number, 0
        held += size
    yield Span(first, len(sizes) - first)


def _listing(videos: str | None) -> Listing:
    if videos is None:
        raise InputError("expected a folder of videos in --videos or footage.videos, got none")
    folder = Path(videos)
    if not is_there(folder, stat.S_ISDIR):
        raise InputError(f"expected a folder of videos, found none at {videos}")
    return list_videos(folder)
