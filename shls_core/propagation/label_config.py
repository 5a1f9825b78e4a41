"""Configuration of label propagation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig

WindowShape = Literal["disc", "square", "none"]
GivenMask = Literal["area", "bilinear"]
Grid = Literal["strided", "corners"]
Similarity = Literal["cosine", "dot"]
References = Annotated[tuple[Annotated[int, Field(ge=-1024, le=1024)], ...], Field(min_length=1)]
"""Numbers of frames: 0 is the first frame, 1 the one after it; -1 is the frame before the current one."""


class LabelPropagationConfig(FrozenConfig):
    """How labels are carried from the cells of earlier frames to those of a new one.

    The defaults are those of DUL (Araslanov et al., 2021, https://arxiv.org/abs/2111.06265), except for
    `given_mask` and `grid`.
    """

    features: str = Field(default="layer4", min_length=1)
    """Features that are compared: the name of a stage or of an embedding of the network. DUL compares the
    last stage of its backbone (512 channels at full width), contrastive random walks the one before."""

    reference_features: str | None = Field(default=None, min_length=1)
    """Features of earlier frames, with which `features` of the current one are compared; None: the same.
    Momentum memory compares its embedding with that of its momentum encoder (``momentum``)."""

    similarity: Similarity = "cosine"
    """How features are compared: by the cosine of their angle (DUL), or by their inner product as they are
    (MAST, which then has a temperature of 1)."""

    context: int = Field(default=20, ge=0, le=255)
    """Frames directly before the current one that give labels, in addition to the first frame. DUL: 20. While
    there are fewer, the first frame replaces the missing ones."""

    references: References | Literal["all"] | None = None
    """The frames that give labels, in place of the first one and `context`: 0 is the frame in which an object
    was first given, 1 the frame after it; -1 is the frame before the current one. Frames that do not exist
    yet are left out. MAST: 0, 5, -5, -3, -1. ``all``: every earlier frame; memory then grows with time."""

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
    """The divisor of similarities before the softmax over the neighbours; low values let the most similar
    cell decide. DUL: .05."""

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

    @model_validator(mode="after")
    def _always_refers(self) -> "LabelPropagationConfig":
        if isinstance(self.references, tuple) and not {0, -1} & set(self.references):
            raise ValueError(
                "expected references with 0 (the first frame) or -1 (the frame before), so that every frame "
                f"has one, got {list(self.references)}"
            )
        return self
