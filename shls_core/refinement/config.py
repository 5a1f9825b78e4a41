"""Configuration of segmentation refinement."""

from typing import Any, Literal

from pydantic import Field, field_validator

from shls_core.frozen import FrozenConfig


class RefinementConfig(FrozenConfig):
    """Whether and how coarse masks are refined."""

    mode: Literal["off", "whole_frame", "roi"] = "off"
    """``off``: the coarse mask is the result, and the network has no weights for refinement. ``whole_frame``:
    every object is refined on the whole frame. ``roi``: on the region of interest around it, as published."""

    decoder_width: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on the channel counts of the decoder (128, 256, 256) and of the modulator (32): 1.0 as
    published."""

    margin: float = Field(default=0.15, ge=0.0, le=2.0)
    """Margin of a region of interest on each of its sides in use, as a share of the object's height or
    width."""

    training_margin: float = Field(default=0.25, ge=0.0, le=2.0)
    """The same in training, where the object's box is that of the pseudo-mask."""

    min_side_share: float = Field(default=0.05, ge=0.0, le=1.0)
    """An object whose height (or width) is below this share of the frame's is looked for along the whole
    height (or width)."""

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_a_word(cls, mode: Any) -> Any:
        return "off" if mode is False else mode  # YAML reads a bare `off` as false
