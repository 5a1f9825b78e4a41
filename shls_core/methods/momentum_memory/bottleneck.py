"""What encoders see of a clip: without one of its colours, which is what they learn to reconstruct."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

KEPT_GAIN = 1.5
"""Factor on the two channels that are kept, so that the sum of all is the same on average (MAST)."""


def jittered(
    lab: Float[Tensor, "B T 3 H W"], gains: Float[Tensor, "B 3"], shifts: Float[Tensor, "B 3"]
) -> Float[Tensor, "B T 3 H W"]:
    """Return clips with a gain and a shift of every channel, the same in all frames of a clip."""
    return lab * gains[:, None, :, None, None] + shifts[:, None, :, None, None]


def without_channel(
    lab: Float[Tensor, "B T 3 H W"], channels: Int64[Tensor, " B"]
) -> Float[Tensor, "B T 3 H W"]:
    """Return clips without one channel each, in all frames: it is 0 whatever it was, the others are larger.

    A channel that was dropped from the query alone would leak from its references.
    """
    numbers = torch.arange(3, device=lab.device)
    factors = torch.where(numbers == channels[:, None], 0.0, KEPT_GAIN)
    return lab * factors[:, None, :, None, None]


def channel_of(lab: Float[Tensor, "B T 3 H W"], channels: Int64[Tensor, " B"]) -> Float[Tensor, "B T H W"]:
    """Return one channel of each clip."""
    return torch.stack([clip[:, channel] for clip, channel in zip(lab, channels.tolist(), strict=True)])
