"""Frames of a film for one row of footage: read forwards, from where the row before ended."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.jpeg_frames import encode_frame
from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.files.source_file import opened_source
from shls_core.files.videos.film_times import MICROSECONDS
from shls_core.files.videos.nearest_frames import NearestFrames
from tasks.stages.taken_frames import TakenFrames

if TYPE_CHECKING:
    from tasks.stages.stage import RowPlan

_MOST_PLACES_WITHOUT_A_FRAME = 2
"""So many places may show nothing new, as in a film whose frames come unevenly; after more of them, the next
frame does not follow on the last one."""


def take_film_frames(plan: RowPlan, max_side: int) -> TakenFrames:
    """Read the frames of one row of a film.

    Raises
    ------
    SampleError
        If the film cannot be read so far, or no frame of the row can be read.
    InputError
        If the file changed since the build was planned.
    """
    assert plan.location is not None
    path, taken = Path(plan.location), TakenFrames()
    first, count = plan.decided["places"]
    if not _OPEN.can_read(plan):
        _check_unchanged(plan)
    try:
        _take(_OPEN.film(plan), plan, max_side, taken)
    except InputError as error:
        raise SampleError(reason_without_path(error, path)) from error
    if first + count == plan.decided["num_places"]:
        _OPEN.close()
    return taken


def _take(film: NearestFrames, plan: RowPlan, max_side: int, taken: TakenFrames) -> None:
    first, count = plan.decided["places"]
    fps: float = plan.decided["fps"]

    def at(place: int) -> int:
        return round(place * MICROSECONDS / fps)

    number, place_before = -1, first - 1
    if first:
        before = film.nearest(at(first - 1))
        number = before.number
        if before.is_whole:
            taken.begin_after(shrink_to_side(film.pixels(before), max_side))
        else:
            taken.lose()
    for place in range(first, first + count):
        found = film.nearest(at(place))
        if found.number == number:
            if film.has_ended and at(place) - found.at > MICROSECONDS / fps:
                taken.lose()
                taken.num_lost += 1
            continue
        number = found.number
        if not found.is_whole:
            taken.lose()
            taken.num_lost += 1
            continue
        if place - place_before > 1 + _MOST_PLACES_WITHOUT_A_FRAME:
            taken.lose()
        place_before = place
        pixels = shrink_to_side(film.pixels(found), max_side)
        taken.take(number, encode_frame(pixels), pixels)


def reason_without_path(error: InputError, path: Path) -> str:
    """Return what an error says without the path of the file: a reason is part of a dataset.

    Examples
    --------
    >>> reason_without_path(InputError("expected a video, got text: /a/b.mp4"), Path("/a/b.mp4"))
    'expected a video, got text'
    """
    spelled = re.escape(str(path))
    short = re.sub(rf"(: {spelled}| \({spelled}\))", "", str(error))
    return re.sub(rf"(\(){spelled}, |{spelled}", lambda found: found[1] or "it", short)


class _OpenFilm:
    """The film that this process read last, open where its last row ended."""

    def __init__(self) -> None:
        self._digest: str | None = None
        self._film: NearestFrames | None = None

    def can_read(self, plan: RowPlan) -> bool:
        """Return whether the film is that of a row, open at a place before the row."""
        first, _ = plan.decided["places"]
        start = round(max(0, first - 1) * MICROSECONDS / plan.decided["fps"])
        is_same = self._digest == plan.decided["file_digest"]
        return is_same and self._film is not None and self._film.can_reach(start)

    def film(self, plan: RowPlan) -> NearestFrames:
        """Return the film of a row; it is opened anew where the row lies behind.

        Raises
        ------
        InputError
            If it cannot be opened as a video.
        """
        if self._film is None or not self.can_read(plan):
            self.close()
            assert plan.location is not None
            film_fps, has_times = plan.decided["film_fps"], plan.decided["has_times"]
            self._film = NearestFrames(Path(plan.location), film_fps, has_times)
            self._digest = plan.decided["file_digest"]
        return self._film

    def close(self) -> None:
        """Close the film, if there is one."""
        if self._film is not None:
            self._film.close()
        self._film = self._digest = None


_OPEN = _OpenFilm()


def _check_unchanged(plan: RowPlan) -> None:
    assert plan.location is not None
    changed = f"{plan.location} changed while it was read: run again when nobody writes to it"
    try:
        with opened_source(plan.location) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except SampleError as error:  # it could be read when the build was planned
        raise InputError(f"{changed} ({error.reason})") from error
    if digest != plan.decided["file_digest"]:
        raise InputError(changed)
