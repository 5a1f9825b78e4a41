"""Frames of a clip by their number, for somebody who looks here and there."""

import threading
from collections import OrderedDict
from collections.abc import Iterator

from shls_core.errors import InputError
from shls_core.files.videos.frame import Frame
from shls_core.files.videos.video import Video

_KEPT = 8


def count_of_frames(video: Video) -> int | None:
    """Return how many frames a clip has, as far as it says so: good for a slider and for progress."""
    return video.num_frames or video.num_stated


class FrameReader:
    """Reads frames by number, from several threads; the last ones are kept.

    Videos are read from their beginning: a step forwards reads on, a step back starts again.

    Parameters
    ----------
    video : Video
        The clip.
    """

    def __init__(self, video: Video) -> None:
        self._video = video
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._coming: Iterator[Frame] = iter(())
        self._next = 0

    def __getitem__(self, number: int) -> Frame:
        """Return a frame.

        Raises
        ------
        InputError
            If the clip has no such frame, or it cannot be read.
        """
        if number < 0:
            raise InputError(f"expected the number of a frame, from 0, got {number}")
        with self._lock:
            if number not in self._kept:
                self._read_to(number)
            self._kept.move_to_end(number)
            return self._kept[number]

    def _read_to(self, number: int) -> None:
        if number < self._next or self._next == 0:
            self._coming, self._next = self._video.frames(), 0
        while self._next <= number:
            frame = next(self._coming, None)
            if frame is None:
                last, self._next = self._next - 1, 0
                raise InputError(f"expected a frame 0..{last} of {self._video.path}, got {number}")
            self._keep(self._next, frame)
            self._next += 1

    def _keep(self, number: int, frame: Frame) -> None:
        self._kept[number] = frame
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
