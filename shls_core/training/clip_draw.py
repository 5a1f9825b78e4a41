"""What a training draws of a clip: which frames, at which size, and which square of them."""

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from jaxtyping import UInt8
from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig

Side = Annotated[int, Field(ge=1, le=4096)]


class ClipDraw(FrozenConfig):
    """What is drawn of a clip, for a method that learns from clips."""

    num_frames: int = Field(ge=1, le=64)
    """Frames that are read of a clip; shorter clips are left out."""

    gap: int = Field(ge=1, le=1000)
    """Largest distance from one of these frames to the next; clips that are too short for it have a smaller
    one."""

    short_side: tuple[Side, Side]
    """Smallest and largest shorter side of a frame, in px, before the square is cut out; both occur."""

    crop: Side
    """Side of the square, in px."""

    flip: float = Field(ge=0.0, le=1.0)
    """Probability that it is mirrored, left to right."""

    @model_validator(mode="after")
    def _square_fits(self) -> "ClipDraw":
        smallest, largest = self.short_side
        if not self.crop <= smallest <= largest:
            raise ValueError(
                f"expected a short_side that ascends from at least crop, {self.crop} px: frames are not "
                f"padded; got {list(self.short_side)}"
            )
        return self

    def numbers(self, rng: np.random.Generator, num_frames: int) -> tuple[int, ...]:
        """Draw which frames of a clip are read, in the order of the step.

        They come from a window of ``min(num_frames, gap * T)``, evenly spaced, whose start is uniform.
        """
        window = min(num_frames, self.gap * self.num_frames)
        start = int(rng.integers(num_frames - window + 1))
        return tuple(range(start, start + window, window // self.num_frames)[: self.num_frames])


@dataclass(frozen=True)
class ClipPart:
    """The part of one clip.

    Attributes
    ----------
    numbers : tuple of int
        Of its frames in the clip, in the order of the step.
    height, width : int
        Size of a frame, in px, when the square is cut out.
    top, left : int
        Corner of the square, in px.
    flipped : bool
        Whether the square is mirrored, left to right, after that.
    """

    numbers: tuple[int, ...]
    height: int
    width: int
    top: int
    left: int
    flipped: bool


def draw_part(rng: np.random.Generator, draw: ClipDraw, num_frames: int, height: int, width: int) -> ClipPart:
    """Draw a part of a clip: frames, length of the shorter side, top, left and flip, in this order.

    Parameters
    ----------
    rng
        Where the choices are drawn from.
    draw
        What is drawn.
    num_frames, height, width
        Shape of the clip, which has at least the frames that are read.
    """
    numbers = draw.numbers(rng, num_frames)
    shorter = int(rng.integers(draw.short_side[0], draw.short_side[1] + 1))
    longer = (2 * max(height, width) * shorter + min(height, width)) // (2 * min(height, width))  # rounded
    scaled = (shorter, longer) if height <= width else (longer, shorter)
    top, left = (int(rng.integers(side - draw.crop + 1)) for side in scaled)
    flipped = bool(rng.random() < draw.flip)
    return ClipPart(numbers, *scaled, top, left, flipped)


def cut_frame(frame: UInt8[np.ndarray, "H W 3"], part: ClipPart, crop: int) -> UInt8[np.ndarray, "S S 3"]:
    """Return the square of a frame: resized by area (enlarged: bilinearly), cut out, perhaps mirrored."""
    is_smaller = part.height * part.width <= frame.shape[0] * frame.shape[1]
    how = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    resized = cv2.resize(frame, (part.width, part.height), interpolation=how)
    cut = resized[part.top : part.top + crop, part.left : part.left + crop]
    return np.ascontiguousarray(cut[:, ::-1] if part.flipped else cut)
