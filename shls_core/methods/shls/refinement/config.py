"""Configuration of segmentation refinement."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.refinement_mode import RefinementMode, bare_off


class RefinementConfig(FrozenConfig):
    """Whether and how coarse masks are refined."""

    mode: Annotated[RefinementMode, BeforeValidator(bare_off)] = "off"
    """``off``: the coarse mask is the result, and the network has no weights for refinement. ``whole_frame``:
    every object is refined on the whole frame. ``roi``: on the region of interest around it, as published."""

    decoder_width: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on the channel counts of the decoder (128, 256, 256) and of the modulator (32): 1.0 as
    published."""

    fine_input: Literal["first_frame", "both_frames"] = "first_frame"
    """Inputs of the decoder at full resolution, in addition to the masks: the fine features of the first
    frame, as published; or also those of the current frame, and its attention maps."""

    decoder_says: Literal["mask", "correction"] = "mask"
    """The output of the decoder: the mask of an object, as published; or a correction of the coarse mask,
    which is then an input, too. An untrained correction changes nothing."""

    training_guide: Literal["pseudo_mask", "coarse_mask"] = "pseudo_mask"
    """The mask that sets the region of an object in training: the pseudo-mask, as published; or the coarse
    mask, as in use, so that the decoder learns to handle inaccurate regions."""

    margin: float = Field(default=0.15, ge=0.0, le=2.0)
    """Margin of a region of interest on each of its sides in use, as a share of the object's height or
    width."""

    training_margin: float = Field(default=0.25, ge=0.0, le=2.0)
    """The same in training."""

    min_side_share: float = Field(default=0.05, ge=0.0, le=1.0)
    """An object whose height (or width) is below this share of the frame's gets a region of the whole height
    (or width)."""
