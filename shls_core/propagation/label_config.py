"""Configuration of label propagation."""

from typing import Annotated, Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig

WindowShape = Literal["disc", "square", "none"]
GivenMask = Literal["area", "bilinear"]
Grid = Literal["strided", "corners"]


class LabelPropagationConfig(FrozenConfig):
    """How labels are carried from the cells of earlier frames to those of a new one.

    The defaults are those of DUL (Araslanov et al., 2021, https://arxiv.org/abs/2111.06265), except for
    `given_mask` and `grid`.
    """

    features: str = Field(default="layer4", min_length=1)
    """Features that are compared: the name of a stage or of an embedding of the network. DUL compares the
    last stage of its backbone (512 channels at full width), contrastive random walks the one before."""

    context: int = Field(default=20, ge=0, le=255)
    """Frames right before the current one that give labels, beside the first frame. DUL: 20. Before there
    are as many, the first frame stands in for those that are missing."""

    window: WindowShape = "disc"
    """Cells of an earlier frame that a cell is compared with: those around its own place at a Euclidean
    distance below `radius` (disc, DUL), at most `radius` rows and columns away (square, MAST), or all."""

    radius: float = Field(default=12.0, gt=0.0, le=1024.0)
    """Size of the window in cells; a disc of radius 12 has 437 cells (DUL), a square 625 (MAST). Without
    effect when `window` is none."""

    neighbours: Annotated[int, Field(ge=1, le=1024)] | Literal["all"] = 10
    """Most similar cells of all context frames together that vote, 1 to 1024 (DUL: 10), or all cells of the
    windows (MAST)."""

    temperature: float = Field(default=0.05, ge=0.001, le=10.0)
    """What cosine similarities are divided by before the softmax over the neighbours; low values let the
    most similar cell decide. DUL: .05."""

    first_frame_unrestricted: bool = True
    """Whether a cell is compared with all cells of the first frame, whatever the window is. DUL's program
    does so, its paper restricts all frames; unrestricted, an object is found again after it was lost."""

    labels: Literal["soft", "hard"] = "soft"
    """What is remembered of a frame: shares of labels, which sum to 1 (soft, DUL), or the label with the
    largest share alone (hard, MAST)."""

    given_mask: GivenMask = "area"
    """How a given mask is brought to the grid: as the share of a cell's area that an object has, or bilinear
    at the cell's centre, as DUL does, which may lose thin objects. The area is our choice."""

    grid: Grid = "strided"
    """Where cells are, for masks on their way down and up: cell i on pixel stride * i, where convolutions
    with symmetric padding put it (strided, our choice), or spread evenly from the first pixel to the last
    (corners, DUL)."""

    snap: Literal["none", "superpixels"] = "none"
    """Whether every superpixel of a frame takes the label that has the largest mean share in it, so that
    masks have the borders of superpixels and not those of a coarse grid. Not in DUL."""
