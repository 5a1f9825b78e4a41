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
    """Frames directly before the current one that give labels, in addition to the first frame. DUL: 20. While
    there are fewer, the first frame replaces the missing ones."""

    window: WindowShape = "disc"
    """Cells of an earlier frame that a cell is compared with: those around its own place at a Euclidean
    distance below `radius` (disc, DUL), at most `radius` rows and columns away (square, MAST), or all."""

    radius: float = Field(default=12.0, gt=0.0, le=1024.0)
    """Size of the window in cells; a disc of radius 12 has 437 cells (DUL), a square 625 (MAST). It has no
    effect if `window` is none."""

    neighbours: Annotated[int, Field(ge=1, le=1024)] | Literal["all"] = 10
    """Most similar cells of all context frames together that vote, 1 to 1024 (DUL: 10), or all cells of the
    windows (MAST)."""

    temperature: float = Field(default=0.05, ge=0.001, le=10.0)
    """The divisor of cosine similarities before the softmax over the neighbours; low values let the most
    similar cell decide. DUL: .05."""

    first_frame_unrestricted: bool = True
    """Whether a cell is compared with all cells of the first frame, whatever the window is. DUL's code does
    so; its paper restricts all frames. Without the restriction, an object is found again after it was
    lost."""

    labels: Literal["soft", "hard"] = "soft"
    """What is stored of a frame: the shares of all labels (soft, DUL), or only the label with the
    largest share (hard, MAST)."""

    given_mask: GivenMask = "area"
    """How a given mask is resampled to the grid. ``area``, our choice: the share of a cell's area that an
    object covers. ``bilinear``, as in DUL: the value at the cell's centre, which may lose thin objects."""

    grid: Grid = "strided"
    """Where cells are when masks are resampled to the grid and back. ``strided``, our choice: cell i is on
    pixel stride * i, where convolutions with symmetric padding put it. ``corners``, as in DUL: cells are
    spread evenly from the first pixel to the last."""

    snap: Literal["none", "superpixels"] = "none"
    """Whether every superpixel of a frame takes the label that has the largest mean share in it, so that
    masks have the borders of superpixels instead of those of a coarse grid. Not in DUL."""
