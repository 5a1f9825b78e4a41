"""How Mask-VOS carries masks through a video."""

from typing import Annotated, Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.label_config import WindowShape


class MaskVosUseConfig(FrozenConfig):
    """How values and masks of earlier frames are carried to a new one, and refined there."""

    context: int = Field(default=20, ge=0, le=255)
    """Frames directly before the current one that are carried from, in addition to the first frame.
    Published: 20, the best of 0, 15, 20, 25, 30."""

    window: WindowShape = "disc"
    """Cells of an earlier frame that a cell is compared with, as in label propagation."""

    radius: float = Field(default=12.0, gt=0.0, le=1024.0)
    """Size of the window in cells (authors' code: 12)."""

    neighbours: Annotated[int, Field(ge=1, le=1024)] | Literal["all"] = 10
    """Most similar cells of all context frames together that are carried from (authors' code: 10)."""

    temperature: float = Field(default=0.05, ge=0.001, le=10.0)
    """Divisor of cosines before the softmax over the neighbours (authors' code: .05)."""

    first_frame_unrestricted: bool = True
    """Whether a cell is compared with all cells of the first frame, whatever the window is."""

    refinement_rounds: int = Field(default=3, ge=0, le=8)
    """How often the mask of a frame is embedded and decoded: first the carried mask, then the result.
    Published: 3. With 0, the carried values alone are decoded."""
