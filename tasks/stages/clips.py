"""Clips: pieces of footage without a cut, for training or held out; static and dark ones are rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from shls_core.clips.config import ClipsConfig
from shls_core.clips.cuts import cuts
from shls_core.clips.motion import Motion, motion_of
from shls_core.clips.sampling import Span, pieces, spread
from shls_core.errors import SampleError
from shls_core.files.pictures.jpeg_frames import decode_frame, encode_frame
from shls_core.files.skipped_beside_videos import BesideVideos, counted_beside_videos
from shls_core.photographs.near_duplicates import group_scenes
from shls_core.photographs.split import HeldOutConfig, split_of
from storage.rows.schemas.clips import DARK_OR_FLAT, SCHEMA, STATIC, TOO_SHORT
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import CLIPS, FOOTAGE
from storage.rows.video_ids import clip_id
from tasks.stages.counted_sources import CountedSources
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows, RowAddress
    from tasks.stages.input_reader import InputReader

_ROWS = 16
"""Most rows of a shard: some 40 MB."""


@dataclass(frozen=True)
class ClipsStage:
    """Cuts footage into clips; all clips of a scene are on one side of the split."""

    name: ClassVar[str] = CLIPS
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = ("numpy", "opencv-python-headless", "pyarrow", "scipy")
    most_rows_per_shard: ClassVar[int] = _ROWS
    config: ClipsConfig
    held_out: HeldOutConfig

    @property
    def parameters(self) -> dict[str, Any]:
        """The bounds of clips, and the split."""
        return {
            "clips": self.config.model_dump(mode="json"),
            "held_out": self.held_out.model_dump(mode="json", include={"share", "seed"}),
        }

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Find cuts and plan a row for each piece between them, from the small columns of footage alone."""
        return list(self.planned(inputs).rows)

    def planned(self, inputs: Mapping[str, AcceptedRows]) -> CountedSources:
        """Return the planned rows, and how many pieces are left out because a video has clips enough."""
        chosen: list[_Piece] = []
        num_pieces, beyond = 0, 0
        for video in _videos(inputs[FOOTAGE]):
            found = list(video.pieces(self.config))
            long_enough = [piece for piece in found if not piece.is_too_short(self.config)]
            too_short = [piece for piece in found if piece.is_too_short(self.config)]
            # Of those that are too short, no more than of the others: they are there to be looked at.
            most = self.config.max_clips_per_video
            kept = [*spread(long_enough, most), *spread(too_short, most)]
            num_pieces, beyond = num_pieces + len(found), beyond + len(found) - len(kept)
            chosen += kept
        scenes = group_scenes(
            [piece.scene for piece in chosen],
            [None if piece.is_too_short(self.config) else piece.middle_hash for piece in chosen],
            self.config.near_duplicate_bits,
        )
        rows = [
            self._row(piece, split_of(scene, self.held_out))
            for piece, scene in zip(chosen, scenes, strict=True)
        ]
        left = [(BesideVideos.PIECE_BEYOND_LIMIT, "")] * beyond
        counted = counted_beside_videos(left, {BesideVideos.PIECE_BEYOND_LIMIT: num_pieces})
        return CountedSources(rows, counted=counted)

    def _row(self, piece: _Piece, split: str) -> RowPlan:
        first = piece.row_first + piece.span.first
        return RowPlan(
            sample_id=clip_id(piece.video_id, first, piece.span.length),
            source_ids=(piece.video_id,),
            inputs=(piece.address,),
            decided={
                "split": split,
                "video_id": piece.video_id,
                "first": first,
                "span": list(piece.span),
                "is_too_short": piece.is_too_short(self.config),
            },
        )

    def place(self, plan: RowPlan) -> tuple[str, int]:
        """Return the video of a clip, and the place of its first frame."""
        return plan.decided["video_id"], plan.decided["first"]

    def notes(self, plan: RowPlan) -> Row:
        """Return the video, and the place of the first frame."""
        return {"video_id": plan.decided["video_id"], "first": plan.decided["first"]}

    def foresee(self, plan: RowPlan) -> Row:
        """Return the side of the split it is on."""
        if plan.decided["is_too_short"]:
            raise SampleError(TOO_SHORT)
        return {"split": plan.decided["split"]}

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Decode the frames of the piece, look at what moves, and scale them."""
        foreseen = self.foresee(plan)
        (address,) = plan.inputs
        row = reader.row(address, "frames", "numbers")
        first, count = plan.decided["span"]
        numbers, stored = (row[column][first : first + count] for column in ("numbers", "frames"))
        frames = [decode_frame(data) for data in stored]
        seen = motion_of(frames)
        self._refuse(seen)
        height, width = _scaled(frames[0].shape[0], frames[0].shape[1], self.config.side)
        return {
            **foreseen,
            "height": height,
            "width": width,
            "numbers": numbers,
            "frames": [
                _at_size(frame, data, height, width) for frame, data in zip(frames, stored, strict=True)
            ],
            "num_frames": len(frames),
            "motion": seen.motion,
            "moving_share": seen.moving_share,
            "mean_luma": seen.mean_luma,
            "luma_deviation": seen.luma_deviation,
        }

    def _refuse(self, seen: Motion) -> None:
        if seen.luma_deviation < self.config.min_luma_deviation:
            raise SampleError(DARK_OR_FLAT)
        if seen.motion < self.config.min_motion or seen.moving_share < self.config.min_moving_share:
            raise SampleError(STATIC)


@dataclass(frozen=True)
class _Piece:
    """Frames of one row of footage that follow each other."""

    video_id: str
    scene: str
    address: RowAddress
    row_first: int
    span: Span
    """Within the row."""
    middle_hash: str | None

    def is_too_short(self, config: ClipsConfig) -> bool:
        """Return whether it has fewer frames than a clip."""
        return self.span.length < config.min_frames


@dataclass
class _FootageOfVideo:
    """The rows of one video, in the order of time."""

    video_id: str
    rows: list[tuple[RowAddress, Row]] = field(default_factory=list)

    def pieces(self, config: ClipsConfig) -> Iterator[_Piece]:
        """Yield all pieces between cuts; none is of two rows."""
        changes = [value for _, row in self.rows for value in row["change"]]
        hashes = [value for _, row in self.rows for value in row["hashes"]]
        found, start = cuts(changes, hashes, config), 0
        for address, row in self.rows:
            here = [cut - start for cut in found]
            for span in pieces(len(row["change"]), here, config.min_frames, config.max_frames):
                middle = row["hashes"][span.first + span.length // 2]
                yield _Piece(self.video_id, row["scene"], address, row["first"], span, middle)
            start += len(row["change"])


def _videos(footage: AcceptedRows) -> Sequence[_FootageOfVideo]:
    """Return the videos of footage, by id."""
    videos: dict[str, _FootageOfVideo] = {}
    columns = ("source_ids", "first", "scene", "change", "hashes")
    for address, row in footage.accepted(columns):
        (video_id,) = row["source_ids"]
        videos.setdefault(video_id, _FootageOfVideo(video_id)).rows.append((address, row))
    for video in videos.values():
        video.rows.sort(key=lambda item: int(item[1]["first"]))
    return [videos[video_id] for video_id in sorted(videos)]


def _scaled(height: int, width: int, side: int) -> tuple[int, int]:
    """Return the size at which the shorter side is `side` px; never a larger one."""
    shorter = min(height, width)
    if shorter <= side:
        return height, width
    # Integer rounding, half up: sizes do not depend on a platform's floats.
    scaled = [(2 * length * side + shorter) // (2 * shorter) for length in (height, width)]
    return scaled[0], scaled[1]


def _at_size(frame: npt.NDArray[np.uint8], data: bytes, height: int, width: int) -> bytes:
    """Return a frame as JPEG of a size; its own bytes if it has that size."""
    if frame.shape[:2] == (height, width):
        return data
    return encode_frame(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))
