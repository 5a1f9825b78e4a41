"""Labels of the cells of a frame at the pixels of the square that a training draws of it."""

import numpy as np
from jaxtyping import Int64, UInt8

from shls_core.training.clip_draw import ClipPart

_STRIDE = 8
"""Pixels from one cell to the next: cell i is on pixel 8 i of the frame that was encoded."""


def cut_labels(
    cells: UInt8[np.ndarray, "h w"], encoded: tuple[int, int], part: ClipPart, crop: int
) -> UInt8[np.ndarray, "S S"]:
    """Return the label of the nearest cell at every pixel of a square.

    Parameters
    ----------
    cells
        Labels.
    encoded
        Height and width, in px, of the frame whose cells they are.
    part
        Where the square is, and the size of the frame that it is cut out of.
    crop
        Its side, in px.
    """
    rows = _nearest(part.top, crop, part.height, encoded[0], cells.shape[0])
    columns = _nearest(part.left, crop, part.width, encoded[1], cells.shape[1])
    if part.flipped:
        columns = columns[::-1]
    cut: UInt8[np.ndarray, "S S"] = cells[rows[:, None], columns]
    return cut


def _nearest(
    start: int, count: int, length: int, encoded: int, num_cells: int
) -> Int64[np.ndarray, " count"]:
    # Resizing keeps the edges of pixels in place, so centres are half a pixel inside.
    places = (np.arange(start, start + count) + 0.5) * encoded / length - 0.5
    nearest: Int64[np.ndarray, " count"] = np.clip(np.rint(places / _STRIDE), 0, num_cells - 1).astype(
        np.int64
    )
    return nearest
