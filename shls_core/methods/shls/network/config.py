"""Configuration of the network."""

from typing import Annotated

from pydantic import Field

from shls_core.frozen import FrozenConfig
from shls_core.methods.shls.refinement.config import RefinementConfig

Channels3 = tuple[float, float, float]
Above0 = Annotated[float, Field(gt=0.0)]


class NetworkConfig(FrozenConfig):
    """Shape of the network; equal configurations accept each other's weights."""

    width_multiplier: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on every channel count of the backbone: 1.0 as published, 0.5 in the quickstart."""

    superfeature_size: int = Field(default=32, ge=2, le=1024)
    """Length S of a superfeature (paper, section 3.2: 32)."""

    channel_mean: Channels3 = (0.485, 0.456, 0.406)
    """Mean of R, G, B in 0..1, subtracted from every frame: the usual values for photographs."""

    channel_deviation: tuple[Above0, Above0, Above0] = (0.229, 0.224, 0.225)
    """Standard deviation of R, G, B in 0..1, by which every frame is divided; all above 0."""

    l2_epsilon: float = Field(default=1e-6, gt=0.0, le=1e-2)
    """Lower limit of the length that a superfeature is divided by, to get unit length."""

    refinement: RefinementConfig = RefinementConfig()
    """Refinement of coarse masks; off by default."""
