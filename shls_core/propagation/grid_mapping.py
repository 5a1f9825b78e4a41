"""Maps masks to the grid of a network's cells, and values of cells back to full size."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.label_config import Grid


@dataclass(frozen=True)
class GridMapping:
    """Where the cells of a frame are.

    Attributes
    ----------
    rows, columns : Float[Tensor, "cells"]
        Centres of the cells, in pixels from the centre of the first one, in ascending order.
    size : tuple of int
        Height and width of the frame in px.
    """

    rows: Float[Tensor, " h"]
    columns: Float[Tensor, " w"]
    size: tuple[int, int]

    @classmethod
    def of(cls, size: tuple[int, int], stride: int, grid: Grid) -> "GridMapping":
        """Return the mapping of a frame whose features have a stride.

        Examples
        --------
        >>> GridMapping.of((20, 9), 8, "strided").rows.tolist()
        [0.0, 8.0, 16.0]
        >>> GridMapping.of((20, 9), 8, "corners").rows.tolist()
        [0.0, 9.5, 19.0]
        """
        rows, columns = (_centres(side, stride, grid) for side in size)
        return cls(rows, columns, size)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.rows), len(self.columns)

    def shares(self, masks: Float[Tensor, "objects H W"]) -> Float[Tensor, "objects h w"]:
        """Return the mean of masks over the area of each cell.

        Cells divide the frame: their borders are half-way between centres, and outermost cells reach its
        border.
        """
        return _along_both(masks, *(_areas(*axis) for axis in self._axes()))

    def samples(self, masks: Float[Tensor, "objects H W"]) -> Float[Tensor, "objects h w"]:
        """Return masks at the centre of each cell, bilinear between pixels."""
        return _along_both(
            masks,
            *(_interpolation(centres, torch.arange(side).float()) for centres, side in self._axes()),
        )

    def at_full_size(self, values: Float[Tensor, "h w"]) -> Float[Tensor, "H W"]:
        """Return values of cells at all pixels: bilinear between centres, constant beyond the outermost."""
        return _along_both(
            values,
            *(_interpolation(torch.arange(side).float(), centres) for centres, side in self._axes()),
        )

    def _axes(self) -> tuple[tuple[Float[Tensor, " h"], int], tuple[Float[Tensor, " w"], int]]:
        return (self.rows, self.size[0]), (self.columns, self.size[1])


def _centres(side: int, stride: int, grid: Grid) -> Float[Tensor, " cells"]:
    num_cells = math.ceil(side / stride)
    match grid:
        case "strided":
            return torch.arange(0, side, stride).float()
        case "corners":
            return torch.linspace(0, side - 1, num_cells)


def _along_both(
    values: Float[Tensor, "*objects rows columns"],
    by_row: Float[Tensor, "new_rows rows"],
    by_column: Float[Tensor, "new_columns columns"],
) -> Float[Tensor, "*objects new_rows new_columns"]:
    return by_row @ values @ by_column.T


def _areas(centres: Float[Tensor, " cells"], num_pixels: int) -> Float[Tensor, "cells pixels"]:
    """Return, for the part of an axis that each cell covers, the share of each pixel."""
    ends = torch.tensor([-0.5, num_pixels - 0.5])
    borders = torch.cat((ends[:1], (centres[1:] + centres[:-1]) / 2, ends[1:]))
    pixels = torch.arange(num_pixels)
    upper = torch.minimum(borders[1:, None], pixels + 0.5)
    lower = torch.maximum(borders[:-1, None], pixels - 0.5)
    return (upper - lower).clamp(min=0) / (borders[1:] - borders[:-1])[:, None]


def _interpolation(
    places: Float[Tensor, " places"], knots: Float[Tensor, " knots"]
) -> Float[Tensor, "places knots"]:
    """Return the weights of knots at each place: linear between two, the outermost one beyond them."""
    weights = torch.zeros(len(places), len(knots))
    upper = torch.searchsorted(knots, places).clamp(max=len(knots) - 1)
    lower: Int64[Tensor, " places"] = (upper - 1).clamp(min=0)
    distance = (knots[upper] - knots[lower]).clamp(min=torch.finfo(knots.dtype).tiny)
    share = ((places - knots[lower]) / distance).clamp(0, 1)
    every = torch.arange(len(places))
    weights[every, lower] += 1 - share
    weights[every, upper] += share
    return weights
