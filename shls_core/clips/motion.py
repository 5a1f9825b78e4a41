"""What moves in a clip, and whether there is anything to see: figures of luma at a small size."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from shls_core.clips.changes import SIDE_PX
from shls_core.files.pictures.sizes import shrink_to_side

_BLOCK_PX = 8
_STILL_LEVELS = 4.0
"""A block whose luma differs by more than so many grey levels has changed."""


@dataclass(frozen=True)
class Motion:
    """Figures of a clip.

    Attributes
    ----------
    motion : float
        Mean absolute difference of luma between frames that follow each other, in grey levels.
    moving_share : float
        Share of the blocks of 8x8 px, at 64 px, whose luma differs by more than 4 grey levels, 0..1.
    mean_luma : float
        0..255.
    luma_deviation : float
        Standard deviation of luma within a frame, mean of all frames, in grey levels.
    """

    motion: float
    moving_share: float
    mean_luma: float
    luma_deviation: float


def motion_of(frames: Sequence[UInt8[np.ndarray, "H W 3"]]) -> Motion:
    """Return the figures of a clip of two frames or more, RGB, of one size."""
    luma = np.stack([_luma(frame) for frame in frames])
    differences = np.abs(np.diff(luma, axis=0))
    return Motion(
        motion=_rounded(differences.mean()),
        moving_share=_rounded((_blocks(differences) > _STILL_LEVELS).mean()),
        mean_luma=_rounded(luma.mean()),
        luma_deviation=_rounded(luma.std(axis=(1, 2)).mean()),
    )


def _luma(frame: UInt8[np.ndarray, "H W 3"]) -> Float64[np.ndarray, "h w"]:
    grey = cv2.cvtColor(shrink_to_side(frame, SIDE_PX), cv2.COLOR_RGB2GRAY)
    return grey.astype(np.float64)


def _blocks(differences: Float64[np.ndarray, "T h w"]) -> Float64[np.ndarray, "T m n"]:
    """Return the mean of every whole block; a frame smaller than a block is one block."""
    number, height, width = differences.shape
    tall, wide = min(_BLOCK_PX, height), min(_BLOCK_PX, width)
    rows, columns = height // tall, width // wide
    whole = differences[:, : rows * tall, : columns * wide]
    means: Float64[np.ndarray, "T m n"] = whole.reshape(number, rows, tall, columns, wide).mean(axis=(2, 4))
    return means


def _rounded(value: np.floating) -> float:
    # The last bits of a mean depend on how the processor adds.
    return round(float(value), 6)
