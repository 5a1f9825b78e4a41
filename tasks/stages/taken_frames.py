"""The frames of a row of footage while they are read: their bytes, their changes, their hashes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from shls_core.clips.changes import change, colour_histogram
from shls_core.clips.cuts import ALWAYS_A_CUT
from shls_core.errors import SampleError
from shls_core.photographs.perceptual_hash import perceptual_hash

Pixels = npt.NDArray[np.uint8]


@dataclass
class TakenFrames:
    """The frames that were read so far."""

    numbers: list[int] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    hashes: list[str | None] = field(default_factory=list)
    height: int = 0
    width: int = 0
    num_lost: int = 0
    """Frames of the row that could not be read."""
    _before: npt.NDArray[np.float64] | None = None
    _follows: bool = True

    def begin_after(self, pixels: Pixels) -> None:
        """Note the frame before the row: the first one is compared with it."""
        self._before = colour_histogram(pixels)
        self.height, self.width = pixels.shape[:2]

    def lose(self) -> None:
        """Note that frames are missing here: the next one does not follow on the last one."""
        self._follows = False

    def take(self, number: int, data: bytes, pixels: Pixels) -> None:
        """Take a frame.

        Parameters
        ----------
        number
            In the file or folder.
        data
            JPEG.
        pixels
            RGB.

        Raises
        ------
        SampleError
            If it has another size than those before it.
        """
        height, width = pixels.shape[:2]
        if self.height and (height, width) != (self.height, self.width):
            raise SampleError(
                f"frames of two sizes: {self.width}x{self.height} and {width}x{height} (frame {number})"
            )
        self.height, self.width = height, width
        here = colour_histogram(pixels)
        self.changes.append(self._change(here))
        self._before, self._follows = here, True
        self.numbers.append(number)
        self.frames.append(data)
        self.hashes.append(perceptual_hash(pixels))

    def _change(self, here: npt.NDArray[np.float64]) -> float:
        if not self._follows:
            return ALWAYS_A_CUT
        return 0.0 if self._before is None else change(self._before, here)
