"""The videos of a dataset, read for viewing: their frames, their cuts, and the pieces between the cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pydantic

from shls_core.clips.config import ClipsConfig
from shls_core.clips.cuts import cuts
from shls_core.files.pictures.jpeg_frames import decode_frame
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.records.tombstones import ERASED
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import RowAddress, StageArtifact
from storage.rows.stage_names import CLIPS, FOOTAGE
from storage.rows.video_ids import clip_id

Pixels = npt.NDArray[np.uint8]
"""(H, W, 3), RGB."""


@dataclass(frozen=True)
class Piece:
    """A part of a video between two cuts that became a clip, or was rejected.

    Attributes
    ----------
    first, count
        Its frames among the kept ones of the video. Of a rejected piece of unknown length, `count` is 0.
    split
        ``train`` or ``held_out``; None if it was rejected.
    rejected
        Why it was rejected, if it was.
    motion
        Mean absolute difference of luma between frames, in grey levels; None if it was rejected.
    """

    sample_id: str
    first: int
    count: int
    split: str | None
    rejected: str | None
    motion: float | None


@dataclass(frozen=True)
class StagedVideo:
    """A video of a dataset.

    Attributes
    ----------
    num_frames
        Number after that of its last kept frame.
    fps
        Kept frames per second; None for a folder of frames.
    cuts
        Numbers of the first frames after a cut, among the kept ones; None where today's code does not know
        the parameters by which they were found.
    pieces
        By their first frame.
    """

    video_id: str
    file_name: str
    num_frames: int
    fps: float | None
    cuts: tuple[int, ...] | None
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class RejectedVideo:
    """A file or folder that became no footage."""

    file_name: str
    reason: str


class StagedVideos:
    """Reads the videos of a dataset.

    Parameters
    ----------
    objects
        Where the dataset is.
    artifacts
        Id of the artifact of each stage.
    """

    def __init__(self, objects: ObjectStore, artifacts: Mapping[str, str]) -> None:
        self._footage, self._clips = (StageArtifact(objects, artifacts[stage]) for stage in (FOOTAGE, CLIPS))
        self._reader = RowReader(objects)

    def video_ids(self) -> list[str]:
        """Return the ids of all videos with footage, by file name."""
        return sorted(self._rows, key=lambda video_id: (self._file_name(video_id), video_id))

    def num_of_split(self) -> dict[str, int]:
        """Return how many clips are on each side of the split."""
        sides = [piece.split for pieces in self._pieces.values() for piece in pieces if piece.split]
        return {side: sides.count(side) for side in dict.fromkeys(sides)}

    def video(self, video_id: str) -> StagedVideo:
        """Return a video, without its frames."""
        rows = self._rows[video_id]
        _, last = rows[-1]
        return StagedVideo(
            video_id=video_id,
            file_name=self._file_name(video_id),
            num_frames=last["first"] + len(last["numbers"]),
            fps=last["fps"],
            cuts=self._cuts(rows),
            pieces=tuple(sorted(self._pieces.get(video_id, ()), key=lambda piece: piece.first)),
        )

    def frame(self, video_id: str, place: int) -> Pixels | None:
        """Return a kept frame by its number among those of the video; None where no row has it."""
        for address, row in self._rows[video_id]:
            if 0 <= place - row["first"] < len(row["numbers"]):
                return decode_frame(self._frames(address)[place - row["first"]])
        return None

    def rejected(self) -> list[RejectedVideo]:
        """Return the files and folders that became no footage, by file name; those erased since count."""
        rows = self._footage.table(["source_ids", "file_name", "rejected"]).to_pylist()
        found = {
            (row["file_name"] or short(row["source_ids"][0]), row["rejected"])
            for row in rows
            if row["rejected"] is not None
        }
        return [RejectedVideo(*one) for one in sorted(found)]

    @cached_property
    def _rows(self) -> dict[str, list[tuple[RowAddress, dict[str, Any]]]]:
        columns = ("source_ids", "file_name", "first", "fps", "numbers", "change", "hashes")
        found: dict[str, list[tuple[RowAddress, dict[str, Any]]]] = {}
        for address, row in self._footage.accepted(columns):
            found.setdefault(row["source_ids"][0], []).append((address, row))
        return {
            video_id: sorted(rows, key=lambda item: int(item[1]["first"])) for video_id, rows in found.items()
        }

    @cached_property
    def _pieces(self) -> dict[str, list[Piece]]:
        columns = ["sample_id", "source_ids", "rejected", "split", "first", "num_frames", "motion"]
        found: dict[str, list[Piece]] = {}
        for row in self._clips.table(columns).to_pylist():
            if row["rejected"] == ERASED:
                continue
            (video_id,) = row["source_ids"]
            count = row["num_frames"] or self._length_of_rejected(video_id, row)
            split = None if row["rejected"] else row["split"]
            found.setdefault(video_id, []).append(
                Piece(row["sample_id"], row["first"], count, split, row["rejected"], row["motion"])
            )
        return found

    def _length_of_rejected(self, video_id: str, row: Mapping[str, Any]) -> int:
        """Return how many frames a rejected piece has, which only its id states; 0 if no length fits."""
        longest = max((len(one["numbers"]) for _, one in self._rows.get(video_id, ())), default=0)
        lengths = range(1, longest + 1)
        return next((n for n in lengths if clip_id(video_id, row["first"], n) == row["sample_id"]), 0)

    def _cuts(self, rows: list[tuple[RowAddress, dict[str, Any]]]) -> tuple[int, ...] | None:
        try:
            config = ClipsConfig.model_validate(self._clips.manifest.parameters["clips"])
        except pydantic.ValidationError:
            return None
        places = [row["first"] + number for _, row in rows for number in range(len(row["change"]))]
        changes = [value for _, row in rows for value in row["change"]]
        hashes = [value for _, row in rows for value in row["hashes"]]
        return tuple(places[cut] for cut in cuts(changes, hashes, config))

    def _file_name(self, video_id: str) -> str:
        return str(self._rows[video_id][0][1]["file_name"])

    def _frames(self, address: RowAddress) -> list[bytes]:
        frames: list[bytes] = self._reader.row(address.shard, address.index, ("frames",))["frames"]
        return frames
