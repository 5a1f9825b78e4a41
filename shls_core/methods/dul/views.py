"""Cuts the views of a clip out of its frames, and brings cells of one onto the other."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.methods.dul.config import STRIDE, Alignment
from shls_core.methods.dul.draws import MainView, RegularisingView


def main_view(
    frames: UInt8[np.ndarray, "T_all H W 3"], view: MainView, crop: int
) -> UInt8[np.ndarray, "T crop crop 3"]:
    """Return the frames of the main view: those chosen, in their order, cut and perhaps mirrored."""
    rows, columns = slice(view.top, view.top + crop), slice(view.left, view.left + crop)
    cut = frames[list(view.order), rows, columns]
    return np.ascontiguousarray(cut[:, :, ::-1] if view.flipped else cut)


def regularising_view(images: Float[Tensor, "T 3 S S"], view: RegularisingView) -> Float[Tensor, "T 3 S S"]:
    """Return the regularising view of a main view: mirrored, cut, and enlarged to the same size."""
    mirrored = images.flip(3) if view.flipped else images
    cut = mirrored[:, :, view.top : view.top + view.side, view.left : view.left + view.side]
    return F.interpolate(cut, images.shape[2:], mode="bilinear", align_corners=False)


def main_cells(
    view: RegularisingView, crop: int, alignment: Alignment = "strided"
) -> Int64[np.ndarray, " P"]:
    """Return, for every cell of the regularising view, the nearest cell of the main view.

    Parameters
    ----------
    view
        How the regularising view was cut out of the main view.
    crop
        Side of both views, in px.
    alignment
        ``strided``: cell i is centred on pixel 8 i. ``half_pixel``: cells divide the view evenly, as in the
        published code; mirrored cells are then off by up to 7 px.

    Returns
    -------
    ndarray of int64
        Numbers of cells, row by row.
    """
    cells = -(-crop // STRIDE)
    rows = _along(view.top, view.side, crop, cells, False, alignment)
    columns = _along(view.left, view.side, crop, cells, view.flipped, alignment)
    numbers: Int64[np.ndarray, " P"] = (rows[:, None] * cells + columns).ravel()
    return numbers


def _along(
    start: int, side: int, crop: int, cells: int, flipped: bool, alignment: Alignment
) -> Int64[np.ndarray, " cells"]:
    """Return the nearest cells of the main view along one axis."""
    numbers = np.arange(cells)
    if alignment == "half_pixel":
        width = crop / cells
        found = np.floor((start + (numbers + 0.5) * width * side / crop) / width)
        found = np.clip(found, 0, cells - 1)
        return (cells - 1 - found if flipped else found).astype(np.int64)
    # Bilinear enlargement keeps the edges of pixels in place, so centres are half a pixel inside.
    pixels = start + (STRIDE * numbers + 0.5) * side / crop - 0.5
    if flipped:
        pixels = crop - 1 - pixels
    return np.clip(np.rint(pixels / STRIDE), 0, cells - 1).astype(np.int64)


def at_cells(vectors: Float[Tensor, "B T P S"], cells: Int64[Tensor, "B Q"]) -> Float[Tensor, "B T Q S"]:
    """Return the vectors at some cells of every clip, the same in all its frames."""
    # Rows by number: the only way to gather whose gradient is the same at every run on every device.
    batch, times, num_cells, size = vectors.shape
    first = torch.arange(batch * times, device=vectors.device).reshape(batch, times, 1) * num_cells
    rows = (first + cells[:, None]).flatten()
    found = vectors.reshape(-1, size).index_select(0, rows)
    return found.reshape(batch, times, cells.shape[1], size)
