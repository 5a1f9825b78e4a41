"""The network that learns one video: a U-Net whose encoder is a ResNet-18."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.backbone import Architecture, Backbone

_ENCODER = Architecture(strides=(1, 2, 2, 2), channels=(64, 128, 256, 512), pools=True)
_DECODER = (256, 128, 64, 32, 16)
_FEWEST = 8
"""Channels of the decoder at least: with 4, three classes were not told apart, and all became background."""


class UNet(nn.Module):
    """Classifies every pixel of a frame.

    Parameters
    ----------
    num_classes : int
        Background and objects.
    width_multiplier : float
        Factor on all channels; 1 has 14.3 million weights.

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for Biomedical Image
       Segmentation", MICCAI 2015, https://doi.org/10.1007/978-3-319-24574-4_28
    """

    def __init__(self, num_classes: int, width_multiplier: float) -> None:
        super().__init__()
        self.encoder = Backbone(width_multiplier, _ENCODER)
        layer1, layer2, layer3, layer4 = self.encoder.channels.values()
        skips = (layer3, layer2, layer1, layer1, 0)  # the stem has the channels of the first layer
        channels = layer4
        self.decoder = nn.ModuleList()
        for skip, full_width in zip(skips, _DECODER, strict=True):
            out = max(_FEWEST, round(full_width * width_multiplier))
            self.decoder.append(_two_convolutions(channels + skip, out))
            channels = out
        self.classifier = nn.Conv2d(channels, num_classes, 3, padding=1)

    def forward(self, frames: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B classes S S"]:
        """Return the logits of all classes."""
        stem, pool = self.encoder.stem[:-1], self.encoder.stem[-1]
        half = stem(frames)
        maps = [half]
        x = pool(half)
        for name in self.encoder.channels:
            x = self.encoder.get_submodule(name)(x)
            maps.append(x)
        x = maps.pop()
        for convolutions in self.decoder:
            larger = maps.pop() if maps else None
            # Not twice the size: strides round up where a side is no multiple of 32.
            x = F.interpolate(x, size=(frames if larger is None else larger).shape[-2:], mode="nearest")
            x = convolutions(x if larger is None else torch.cat([x, larger], dim=1))
        logits: Tensor = self.classifier(x)
        return logits


def _two_convolutions(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )
