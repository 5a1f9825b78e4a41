"""Configuration of the superpixels of a frame."""

from typing import Literal

from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig

Segmenter = Literal["fast-slic", "skimage-slic", "watershed"]
SLIC: frozenset[Segmenter] = frozenset({"fast-slic", "skimage-slic"})
"""The segmenters that return about as many superpixels as requested."""


class SuperpixelConfig(FrozenConfig):
    """A segmenter and its settings. The defaults are those of training frames of 256x256.

    A setting that the chosen segmenter does not read must keep its default: no setting is silently ignored.
    """

    segmenter: Segmenter = "fast-slic"
    """The segmenter that divides the frame; it is never replaced by another one.

    ``fast-slic`` and ``skimage-slic`` are two implementations of the same method, SLIC in Lab colour, that
    label differently. ``watershed`` finds as many superpixels as the frame has places of even colour: few in
    a clear sky, many in foliage. docs/results/superpixels.md compares them.
    """

    sigma: float = Field(default=1.0, ge=0.0, le=10.0)
    """Standard deviation in px of the Gaussian blur before segmentation; 0 leaves the frame as it is.

    1 as the authors of SHLS ran SLIC; the watershed needs 2.
    """

    num_superpixels: int = Field(default=300, ge=1, le=32_767)
    """SLIC: superpixels requested in each frame; about that many are returned.

    About 300 for a training frame, as the authors of SHLS ran it; 4,000 at 480p serve inference best (paper,
    ablation). The upper bound is that of fast-slic's 16-bit labels.
    """

    compactness: float = Field(default=20.0, gt=0.0)
    """SLIC: weight of distance in the image against distance in Lab; higher gives squarer superpixels.

    20 as the authors of SHLS ran it.
    """

    min_size: float = Field(default=0.25, ge=0.0, le=1.0)
    """SLIC: smallest region kept, as a share of the mean size; smaller ones join a neighbour.

    0.25 is fast-slic's default. Regions are connected at every value.
    """

    basin_depth: float = Field(default=0.7, ge=0.0, le=100.0)
    """Watershed: how much the colour gradient must rise around a place for it to be a superpixel of its own.

    In Lab units per px. Higher gives fewer superpixels; with a sigma of 2, 0.7 gives about 300 in a training
    frame of 256x256, from 65 to 900.
    """

    basin_compactness: float = Field(default=0.0, ge=0.0, le=100.0)
    """Watershed: weight of one px of distance from a superpixel's centre, in Lab units per px.

    0 follows the gradient alone, which fits human segmentations best; higher gives rounder superpixels.
    """

    @property
    def is_adaptive(self) -> bool:
        """Whether the number of superpixels depends on the frame, not on the configuration."""
        return self.segmenter not in SLIC

    @model_validator(mode="after")
    def _nothing_is_set_in_vain(self) -> "SuperpixelConfig":
        unread = (
            ("num_superpixels", "compactness", "min_size")
            if self.is_adaptive
            else ("basin_depth", "basin_compactness")
        )
        for name in unread:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"expected no {name}, which the segmenter {self.segmenter} does not read")
        return self
