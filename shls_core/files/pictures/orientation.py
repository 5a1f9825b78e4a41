"""Turns a picture upright, as its EXIF tag Orientation says."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from jaxtyping import UInt8

# The turn for each value of the tag; 1 is upright, other values have no meaning.
_TURNS: Mapping[object, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}


def upright(pixels: UInt8[np.ndarray, "H W 3"], orientation: object) -> UInt8[np.ndarray, "h w 3"]:
    """Turn pixels by the value of the EXIF tag Orientation (EXIF 2.32, 4.6.4).

    A value without meaning turns nothing.

    Examples
    --------
    >>> upright(np.zeros((30, 40, 3), np.uint8), 6).shape
    (40, 30, 3)
    """
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))
