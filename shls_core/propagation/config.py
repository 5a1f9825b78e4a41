"""Configuration of segmenting videos."""

from pydantic import Field

from shls_core.frozen import FrozenConfig


class PropagationConfig(FrozenConfig):
    """How real videos are worked on; pseudo-sequences bring their superpixels along."""

    num_superpixels: int | None = Field(default=None, ge=1, le=32_767)
    """Superpixels asked for in a frame of any size, unless ``--superpixels`` says otherwise; None: one for
    about 100 px, which is the 4,000 at 854x480 that SHLS found best."""
