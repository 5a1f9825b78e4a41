"""Which cells of an earlier frame a cell may be matched with."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from shls_core.propagation.label_config import WindowShape


@dataclass(frozen=True)
class Window:
    """The neighbourhood of a cell.

    Attributes
    ----------
    shape : {"disc", "square", "none"}
        Cells at a Euclidean distance below `radius`; cells at most `radius` rows and columns away; all.
    radius : float
        In cells, above 0; may be infinite.

    Examples
    --------
    >>> offsets = torch.arange(-11, 12)
    >>> int(Window("disc", 12.0).contains(offsets[:, None], offsets).sum())
    437
    """

    shape: WindowShape
    radius: float

    @property
    def reach(self) -> int | None:
        """Most rows and columns from a cell to one in its window; None: no limit."""
        if self.shape == "none" or math.isinf(self.radius):
            return None
        return math.ceil(self.radius) - 1 if self.shape == "disc" else math.floor(self.radius)

    def contains(self, rows: Int64[Tensor, "..."], columns: Int64[Tensor, "..."]) -> Bool[Tensor, "..."]:
        """Return whether cells that many rows and columns away lie in the window."""
        match self.shape:
            case "disc":
                return rows**2 + columns**2 < self.radius**2
            case "square":
                return (rows.abs() <= self.radius) & (columns.abs() <= self.radius)
            case "none":
                return torch.ones_like(rows + columns, dtype=torch.bool)
