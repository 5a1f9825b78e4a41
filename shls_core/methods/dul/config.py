"""The section ``method`` of a configuration of DUL."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig
from shls_core.methods.channels import ChannelConfig
from shls_core.methods.config import MethodConfig

STRIDE = 8
"""Pixels from one cell of the feature grid to the next."""

Alignment = Literal["strided", "half_pixel"]
Jitter = Literal["shared", "cell", "none"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Side = Annotated[int, Field(ge=1, le=4096)]


class DulNetworkConfig(ChannelConfig):
    """Shape of the network; equal configurations accept each other's weights."""

    width_multiplier: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on every channel count of the backbone: 1.0 as published."""

    embedding_size: int = Field(default=128, ge=2, le=1024)
    """Length of the embeddings that losses compare (published: 128)."""


class ViewsConfig(FrozenConfig):
    """How the two views of a clip are cut out of its frames."""

    num_frames: int = Field(default=5, ge=1, le=64)
    """Frames of a clip in a step; the first of a random order is the reference. Published: 5. With 1, only
    the cross-view term is learned."""

    crop: int = Field(default=249, ge=STRIDE + 1)
    """Side of the square that is cut out of all frames of a clip, in px. Sides of 8 n + 1 make the grid
    symmetric: 249 has 32x32 cells, 121 has 16x16. Published: 256, whose mirrored cells lie 7 px beside their
    originals."""

    gap: int = Field(default=2, ge=1, le=1000)
    """Of clips: largest distance from one frame of a step to the next; shorter clips have a smaller one.
    Published: 2 at 6 frames per second, so a third of a second."""

    short_side: tuple[Side, Side] = (256, 320)
    """Of clips: smallest and largest shorter side of a frame, in px, before the square is cut out; both
    occur. Published: 256 to 319."""

    flip: Share = 0.5
    """Probability that a view is mirrored; each of the two draws its own."""

    zoom: tuple[Share, Share] = (0.5, 1.0)
    """Smallest and largest side of the square that the regularising view enlarges, as a share of `crop`."""

    regularise: bool = True
    """Whether the regularising view is another cut of the main view; if not, both are the same, and the
    network learns a code of position."""

    @model_validator(mode="after")
    def _zoom_ascends(self) -> "ViewsConfig":
        if not 0.0 < self.zoom[0] <= self.zoom[1]:
            raise ValueError(f"expected a zoom above 0 that ascends, got {list(self.zoom)}")
        return self


class DulKeys(MethodConfig):
    """The keys of dense unsupervised learning, and of methods that stand on it: network, views and loss."""

    network: DulNetworkConfig = DulNetworkConfig()
    """The network."""

    views: ViewsConfig = ViewsConfig()
    """The two views of a clip."""

    grid: int = Field(default=8, ge=1, le=64)
    """Anchors along each side of the reference frame (published: 8, so 64 a clip)."""

    anchor_jitter: Jitter = "shared"
    """Where an anchor lies in its part of the frame: at one random place that all anchors of a clip share, as
    in the published code; each at its own; or always in the first cell, with which the network learns a code
    of position."""

    cross_view_grid: int = Field(default=4, ge=1, le=64)
    """Cells along each side of the reference frame that the cross-view term compares (published: 4)."""

    cross_view_weight: float = Field(default=0.1, ge=0.0)
    """Weight of the cross-view term (published: 0.1)."""

    temperature: float = Field(default=0.05, gt=0.0, le=10.0)
    """Divisor of cosines before each softmax (published: 0.05)."""

    alignment: Alignment = "strided"
    """Where the centre of cell i is taken to be when one view is brought onto the other: on pixel 8 i, where
    convolutions with symmetric padding put it; or on 8 i + 3.5, as in the published code."""

    regularising_norm: Literal["batch", "running"] = "batch"
    """Statistics that normalise those frames of the regularising view that carry no gradient: their own, as
    in the published code, or the running ones, as in the paper."""

    @property
    def cells(self) -> int:
        """Cells of the feature grid along each side of a view."""
        return -(-self.views.crop // STRIDE)

    @model_validator(mode="after")
    def _grids_fit(self) -> "DulKeys":
        if max(self.grid, self.cross_view_grid) > self.cells:
            raise ValueError(
                f"expected grid and cross_view_grid of at most {self.cells}, the cells of a crop of "
                f"{self.views.crop} px, got {self.grid} and {self.cross_view_grid}"
            )
        return self


class DulConfig(DulKeys):
    """Dense unsupervised learning."""

    name: Literal["dul"] = "dul"
    """Name of the method."""
