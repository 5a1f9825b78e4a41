"""Frames of a film at given times, read forwards: those between are decoded and not converted to RGB."""

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.videos.colours import ToRgb
from shls_core.files.videos.decoding import Packets, Picture, decoded
from shls_core.files.videos.deinterlacing import deinterlaced
from shls_core.files.videos.film import MOST_LOST_AT_FIRST, of_one_size, unreadable, upright
from shls_core.files.videos.film_times import microseconds
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.opening import opened_container
from shls_core.files.videos.streams import film_of


@dataclass(frozen=True)
class NearestFrame:
    """The frame of a film that is shown nearest to a time.

    Attributes
    ----------
    number : int
        In the film, from 0, in the order of presentation.
    at : int
        When it is shown, from the first frame, in microseconds.
    picture : Picture
        As it was decoded.
    """

    number: int
    at: int
    picture: Picture

    @property
    def is_whole(self) -> bool:
        """Whether it could be decoded, and rests on no frame that could not."""
        return self.picture.frame is not None and not self.picture.is_doubtful


class NearestFrames:
    """Reads a film once, forwards, holding one frame at a time.

    Parameters
    ----------
    path : Path
        The film.
    fps : float
        Its frames per second, for frames that do not say when they are shown.
    has_times : bool
        Whether the times of its frames can be believed; otherwise they are counted by `fps`.

    Raises
    ------
    InputError
        If it cannot be opened as a video.
    """

    def __init__(self, path: Path, fps: float, has_times: bool) -> None:
        self._path, self._fps, self._has_times = path, fps, has_times
        self._findings = Findings()
        self._to_rgb = ToRgb(self._findings)
        self._files = ExitStack()
        self._frames = self._read()
        self._here: NearestFrame | None = None
        self._next: NearestFrame | None = None
        self._error: InputError | None = None
        self._asked = -1

    def can_reach(self, at: int) -> bool:
        """Return whether a time lies ahead, in microseconds: what lies behind has to be read anew."""
        return at >= self._asked

    @property
    def has_ended(self) -> bool:
        """Whether the last frame of the film was reached."""
        return self._here is not None and self._next is None

    def nearest(self, at: int) -> NearestFrame:
        """Return the frame that is shown nearest to a time; of two, the earlier one.

        Parameters
        ----------
        at : int
            From the first frame, in microseconds, not before the time asked for last.

        Raises
        ------
        InputError
            If the film cannot be read so far.
        """
        assert self.can_reach(at), "films are read forwards"
        self._asked = at
        if self._error is not None:
            raise InputError(str(self._error))
        try:
            return self._advanced(at)
        except InputError as error:
            self._error = error
            raise

    def pixels(self, frame: NearestFrame) -> UInt8[np.ndarray, "H W 3"]:
        """Return the upright RGB pixels of a whole frame.

        Raises
        ------
        InputError
            If there is no conversion for its colours, or it is turned by no quarter.
        """
        picture = frame.picture.frame
        assert picture is not None
        return upright(picture, self._to_rgb, self._path)

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._files.close()

    def _advanced(self, at: int) -> NearestFrame:
        if self._here is None:
            self._here = next(self._frames, None)
            if self._here is None:
                raise InputError(f"expected a video, cannot read any frame of {self._path}")
            self._next = next(self._frames, None)
        while self._next is not None and abs(self._next.at - at) < abs(self._here.at - at):
            self._here, self._next = self._next, next(self._frames, None)
        return self._here

    def _read(self) -> Generator[NearestFrame, None, None]:
        container = self._files.enter_context(opened_container(self._path))
        film = film_of(container, self._path)
        codec, order = film.codec_context.codec.canonical_name, film.codec_context.field_order
        whole = of_one_size(decoded(Packets(container, film)), self._path)
        number, num_lost_at_first, start, last = -1, 0, 0, 0
        for number, picture in enumerate(deinterlaced(whole, codec, order, self._findings)):
            if num_lost_at_first == number:
                num_lost_at_first += picture.frame is None
                if num_lost_at_first >= MOST_LOST_AT_FIRST:
                    raise unreadable(self._path, film)
            shown = self._shown(number, picture)
            start = shown if number == 0 else start
            last = max(last, shown - start)  # times of damaged films may go back
            yield NearestFrame(number, last, picture)
        if num_lost_at_first and num_lost_at_first == number + 1:
            raise unreadable(self._path, film)

    def _shown(self, number: int, picture: Picture) -> int:
        if self._has_times and picture.seconds is not None:
            return microseconds(picture.seconds)
        return microseconds(number / self._fps)
