"""Gives frames their numbers; a damaged one keeps its number and shows the frame before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from shls_core.files.videos.findings import Findings
from shls_core.files.videos.frame import Frame


@dataclass(frozen=True)
class Shown:
    """Upright RGB pixels, None if they could not be decoded, and when they are shown."""

    pixels: UInt8[np.ndarray, "H W 3"] | None
    seconds: float | None
    is_doubtful: bool = False


class Numbering:
    """Makes frames of what is shown, in its order, and records which were damaged.

    Lost ones are given when the next picture is there: a file that ends early ends with its last whole frame.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._number = 0
        self._start: float | None = None
        self._last: UInt8[np.ndarray, "H W 3"] | None = None
        self._lost: list[float | None] = []

    @property
    def num_lost_at_first(self) -> int:
        """Number of frames lost so far, if none was read."""
        return 0 if self._findings.num_read else len(self._lost)

    def add(self, shown: Shown) -> Iterator[Frame]:
        """Take what is shown next; yield the frames that are known by now."""
        if self._start is None:
            self._start = shown.seconds
        if shown.pixels is None:
            self._lost.append(shown.seconds)
            return
        if self._last is None:
            self._last = shown.pixels
        self._findings.num_read += 1
        yield from self.rest()
        self._last = shown.pixels
        if shown.is_doubtful:
            self._findings.doubtful.append(self._name())
        yield self._frame(shown.seconds, is_damaged=False)

    def rest(self) -> Iterator[Frame]:
        """Yield the lost frames that wait for the next picture."""
        lost, self._lost = self._lost, []
        for seconds in lost:
            self._findings.damaged.append(self._name())
            yield self._frame(seconds, is_damaged=True)

    def _frame(self, seconds: float | None, is_damaged: bool) -> Frame:
        assert self._last is not None
        frame = Frame(self._name(), self._last, self._since_start(seconds), is_damaged)
        self._number += 1
        return frame

    def _name(self) -> str:
        return f"{self._number:05d}"

    def _since_start(self, seconds: float | None) -> float | None:
        return None if seconds is None or self._start is None else seconds - self._start
