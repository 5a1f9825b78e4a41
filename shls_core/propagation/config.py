"""Configuration of segmenting videos."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.methods.shls.refinement.config import RefinementMode, bare_off


class PropagationConfig(FrozenConfig):
    """How real videos are worked on; pseudo-sequences bring their superpixels along."""

    num_superpixels: int | None = Field(default=None, ge=1, le=32_767)
    """Superpixels asked for in a frame of any size, unless ``--superpixels`` says otherwise; None: one for
    about 100 px, which is the 4,000 at 854x480 that SHLS found best."""

    refinement: Annotated[RefinementMode, BeforeValidator(bare_off)] | None = None
    """How a checkpoint that has refinement refines; None: as it was trained to."""
