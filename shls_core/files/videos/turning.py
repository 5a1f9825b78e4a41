"""Turns frames upright, as the display matrix of a video says."""

import struct
from collections.abc import Callable

import av
import numpy as np
from av.sidedata.sidedata import SideData, Type
from jaxtyping import UInt8

from shls_core.errors import InputError

Turn = Callable[[UInt8[np.ndarray, "H W 3"]], UInt8[np.ndarray, "h w 3"]]
_ONE = 1 << 16

# The transform for the signs of (a, b, c, d), which map a stored point (x, y) to (a x + c y, b x + d y).
_TURNS: dict[tuple[int, int, int, int], Turn] = {
    (1, 0, 0, 1): lambda pixels: pixels,
    (0, 1, -1, 0): lambda pixels: np.rot90(pixels, -1),
    (-1, 0, 0, -1): lambda pixels: np.rot90(pixels, 2),
    (0, -1, 1, 0): lambda pixels: np.rot90(pixels, 1),
    (-1, 0, 0, 1): lambda pixels: pixels[:, ::-1],
    (1, 0, 0, -1): lambda pixels: pixels[::-1],
    (0, 1, 1, 0): lambda pixels: pixels.swapaxes(0, 1),
    (0, -1, -1, 0): lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
}


def turn_of(frame: av.VideoFrame) -> Turn:
    """Return the function that turns the pixels of a frame upright.

    Raises
    ------
    InputError
        If the frame is to be turned by something else than quarter turns and mirroring.
    """
    # The stub of PyAV types its keys as text.
    found: SideData | None = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    return _TURNS[1, 0, 0, 1] if found is None else _turn_of_matrix(bytes(found))


def _turn_of_matrix(data: bytes) -> Turn:
    a, b, _, c, d, _, _, _, _ = struct.unpack("=9i", data[:36])
    # Nearest multiple of 1: recorders write 0.9999, and scale by what only players honour.
    largest = max(abs(a), abs(b), abs(c), abs(d))
    signs = tuple(round(value / largest) if largest else 0 for value in (a, b, c, d))
    skew = (
        max(abs(value / largest - sign) for value, sign in zip((a, b, c, d), signs, strict=True))
        if largest
        else 1
    )
    if signs not in _TURNS or skew > 0.02:
        matrix = " ".join(f"{value / _ONE:g}" for value in (a, b, c, d))
        raise InputError(f"expected frames that are turned by quarters, got the display matrix {matrix}")
    return _TURNS[signs]
