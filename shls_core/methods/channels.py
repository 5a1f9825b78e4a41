"""The part of a network's configuration that says how frames are normalised."""

from typing import Annotated

from pydantic import Field

from shls_core.frozen import FrozenConfig

Channels3 = tuple[float, float, float]
Above0 = Annotated[float, Field(gt=0.0)]


class ChannelConfig(FrozenConfig):
    """Mean and deviation of the channels of frames; a network's configuration inherits from it."""

    channel_mean: Channels3 = (0.485, 0.456, 0.406)
    """Mean of R, G, B in 0..1, subtracted from every frame: the usual values for photographs."""

    channel_deviation: tuple[Above0, Above0, Above0] = (0.229, 0.224, 0.225)
    """Standard deviation of R, G, B in 0..1, by which every frame is divided; all above 0."""
