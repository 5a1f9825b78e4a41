"""The frame-mask encoder: values of every cell of a frame, for an object with a mask."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.backbone import EIGHTH, Backbone
from shls_core.methods.residual_block import ResidualBlock

VALUES = 512
"""Channels of values at full width."""
_REDUCTION = 16


def at_width(channels: int, width: float) -> int:
    """Return a number of channels at a width."""
    return max(4, round(channels * width))


class ChannelAndSpatialAttention(nn.Module):
    """Scales channels, then cells, by what the whole map shows.

    References
    ----------
    .. [1] S. Woo, J. Park, J.-Y. Lee, I. S. Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018,
       https://doi.org/10.1007/978-3-030-01234-2_1
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(1, channels // _REDUCTION)
        self.of_channels = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels)
        )
        self.of_cells = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, maps: Float[Tensor, "N C h w"]) -> Float[Tensor, "N C h w"]:
        """Return the scaled maps."""
        # Not by pooling: on CUDA, the backward pass of maximum pooling over a whole map uses atomic adds.
        scale = self.of_channels(maps.mean(dim=(2, 3))) + self.of_channels(maps.amax(dim=(2, 3)))
        scaled = maps * scale.sigmoid()[:, :, None, None]
        seen = torch.stack([scaled.mean(dim=1), scaled.amax(dim=1)], dim=1)
        attended: Tensor = scaled * self.of_cells(seen).sigmoid()
        return attended


class _FourChannelBackbone(Backbone):
    """A backbone that reads a frame and a mask, up to a layer; random weights, like all of the network."""

    def __init__(self, width: float, last: str) -> None:
        super().__init__(width, EIGHTH, in_channels=4)
        self.last = last
        if last != "layer4":
            self.layer4 = nn.Sequential()  # has no weights, and is never reached

    def encode(
        self, images: Float[Tensor, "N 3 H W"], masks: Float[Tensor, "N H W"]
    ) -> Float[Tensor, "N C h w"]:
        """Return the output of the last layer."""
        layers: dict[str, Tensor] = self(torch.cat([images, masks[:, None].to(images)], dim=1), self.last)
        return layers[self.last]


class FusedMaskEncoder(nn.Module):
    """Three layers of a backbone of its own, fused with the last layer of the visual encoder.

    Parameters
    ----------
    visual_channels : int
        Channels of the last layer of the visual encoder.
    width : float
        Factor on the other channel counts.
    """

    def __init__(self, visual_channels: int, width: float) -> None:
        super().__init__()
        channels = at_width(VALUES, width)
        self.backbone = _FourChannelBackbone(width, "layer3")
        self.joined = ResidualBlock(self.backbone.channels["layer3"] + visual_channels, channels)
        self.attention = ChannelAndSpatialAttention(channels)
        self.fused = ResidualBlock(channels, channels)

    def forward(
        self,
        images: Float[Tensor, "N 3 H W"],
        masks: Float[Tensor, "N H W"],
        visual: Float[Tensor, "N C_visual h w"],
    ) -> Float[Tensor, "N C h w"]:
        """Return the values of frames, each for the object of its mask."""
        maps = self.joined(torch.cat([self.backbone.encode(images, masks), visual], dim=1))
        values: Tensor = self.fused(maps + self.attention(maps))
        return values


class PlainMaskEncoder(nn.Module):
    """A whole backbone of its own; `FusedMaskEncoder` describes parameters and calls."""

    def __init__(self, visual_channels: int, width: float) -> None:
        super().__init__()
        self.backbone = _FourChannelBackbone(width, "layer4")
        self.values = nn.Conv2d(self.backbone.channels["layer4"], at_width(VALUES, width), 1)

    def forward(
        self,
        images: Float[Tensor, "N 3 H W"],
        masks: Float[Tensor, "N H W"],
        visual: Float[Tensor, "N C_visual h w"],
    ) -> Float[Tensor, "N C h w"]:
        """Return the values of frames, each for the object of its mask."""
        values: Tensor = self.values(self.backbone.encode(images, masks))
        return values
