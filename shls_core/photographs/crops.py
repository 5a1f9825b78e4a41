"""Crops of photographs: a few photographs teach more as crops than as whole images."""

from typing import NamedTuple

import numpy as np
import pydantic
from jaxtyping import UInt8

from shls_core.frozen import FrozenConfig


class Box(NamedTuple):
    """A half-open box in px."""

    top: int
    left: int
    bottom: int
    right: int


class CropConfig(FrozenConfig):
    """How a photograph is cut into the templates of pseudo-sequences."""

    crops_per_image: int = pydantic.Field(default=0, ge=0)
    """Square crops per photograph; 0 takes every photograph whole, as the paper does."""
    min_side_share: float = pydantic.Field(default=0.4, gt=0, le=1)
    """Smallest side of a crop as a share of the photograph's shorter side."""
    max_side_share: float = pydantic.Field(default=0.9, gt=0, le=1)
    """Largest side of a crop as a share of the photograph's shorter side."""

    @pydantic.model_validator(mode="after")
    def _sides_in_order(self) -> "CropConfig":
        if self.min_side_share > self.max_side_share:
            raise ValueError(
                "expected min_side_share <= max_side_share, "
                f"got {self.min_side_share} > {self.max_side_share}"
            )
        return self


def draw_crop(height: int, width: int, config: CropConfig, rng: np.random.Generator) -> Box:
    """Return one square box inside a photograph of `height` x `width` px."""
    shorter = min(height, width)
    side = max(1, round(shorter * rng.uniform(config.min_side_share, config.max_side_share)))
    top = int(rng.integers(0, height - side + 1))
    left = int(rng.integers(0, width - side + 1))
    return Box(top, left, top + side, left + side)


def crop(image: UInt8[np.ndarray, "H W 3"], box: Box) -> UInt8[np.ndarray, "h w 3"]:
    """Return the part of `image` inside `box`, contiguous."""
    return np.ascontiguousarray(image[box.top : box.bottom, box.left : box.right])
