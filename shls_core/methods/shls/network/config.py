"""Configuration of the network."""

from pydantic import Field

from shls_core.methods.channels import ChannelConfig
from shls_core.methods.shls.refinement.config import RefinementConfig


class NetworkConfig(ChannelConfig):
    """Shape of the network; equal configurations accept each other's weights."""

    width_multiplier: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on every channel count of the backbone: 1.0 as published, 0.5 in the quickstart."""

    superfeature_size: int = Field(default=32, ge=2, le=1024)
    """Length S of a superfeature (paper, section 3.2: 32)."""

    l2_epsilon: float = Field(default=1e-6, gt=0.0, le=1e-2)
    """Lower limit of the length that a superfeature is divided by, to get unit length."""

    correspondence_size: int = Field(default=0, ge=0, le=1024, exclude_if=lambda size: size == 0)
    """Length of the vectors, one for each cell of a quarter of the resolution, that learn exact
    correspondence (contrast ``exact_warp``); 0, as published: there are none. In use they are averaged over
    superpixels and appended to superfeatures."""

    refinement: RefinementConfig = RefinementConfig()
    """Refinement of coarse masks; off by default."""
