"""Frames with the mean and deviation of a configuration taken out, as a part of a network."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from shls_core.methods.channels import ChannelConfig


class Normalisation(nn.Module):
    """Turns RGB frames into what a backbone reads; it has constants and no weights.

    Parameters
    ----------
    config : ChannelConfig
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: ChannelConfig) -> None:
        super().__init__()
        # Constants of the configuration, not weights: they are not saved.
        for name, values in (("mean", config.channel_mean), ("deviation", config.channel_deviation)):
            self.register_buffer(name, torch.tensor(values).reshape(3, 1, 1), persistent=False)

    def forward(self, frames: UInt8[Tensor, "frames H W 3"]) -> Float[Tensor, "frames 3 H W"]:
        """Return RGB frames with values 0..255, normalised."""
        images = frames.permute(0, 3, 1, 2).float() / 255.0
        normalised: Tensor = (images - self.mean) / self.deviation
        return normalised
