"""When the frames of a film are shown, known from its packets: nothing is decoded."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from shls_core.errors import InputError
from shls_core.files.videos.cut_off import is_cut_off
from shls_core.files.videos.decoding import Packets
from shls_core.files.videos.opening import opened_container, regular_file
from shls_core.files.videos.streams import film_of, frames_per_second

MICROSECONDS = 1_000_000

_MOST_STRETCHED = 4
_TOLERATED_SECONDS = 10


@dataclass(frozen=True)
class FilmTimes:
    """How long a film is.

    Attributes
    ----------
    fps : float
        Frames per second, on average, as the container states it.
    num_packets : int
        Packets that stand for a frame each; a few codecs hide frames among them.
    length : int
        From the first frame to the last one, in microseconds.
    has_times : bool
        Whether the packets say when their frames are shown, and can be believed; otherwise `length` is
        counted.
    is_cut_off : bool
        Whether the end of the file is not there.
    """

    fps: float
    num_packets: int
    length: int
    has_times: bool
    is_cut_off: bool


def film_times(path: Path) -> FilmTimes:
    """Read the packets of a film and return how long it is.

    Raises
    ------
    InputError
        If it is no video, or there is no packet of one in it.
    """
    with opened_container(path) as container:
        film = film_of(container, path)
        fps, unit = frames_per_second(film), film.time_base
        number, first, last, has_times = 0, 0, 0, unit is not None
        for packet in Packets(container, film):
            if packet.is_discard:
                continue
            if packet.pts is None:
                has_times = False
            else:
                first = packet.pts if number == 0 else min(first, packet.pts)
                last = packet.pts if number == 0 else max(last, packet.pts)
            number += 1
    if not number:
        raise InputError(f"expected a video, found no frame of one in {path}")
    counted = microseconds((number - 1) / fps)
    shown = microseconds(Fraction(last - first) * (unit or 0))
    # Clocks of broadcasts jump: hours that no frame fills.
    has_times = has_times and shown <= _MOST_STRETCHED * counted + _TOLERATED_SECONDS * MICROSECONDS
    with regular_file(path) as file:
        cut = is_cut_off(file, path.stat().st_size)
    return FilmTimes(fps, number, shown if has_times else counted, has_times, cut)


def microseconds(seconds: float | Fraction) -> int:
    """Return a time in whole microseconds: times are compared without rounding errors."""
    return round(seconds * MICROSECONDS)
