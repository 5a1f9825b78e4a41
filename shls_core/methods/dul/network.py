"""The network of DUL: a backbone at an eighth of the resolution, and a projection of its last layer."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.backbone import EIGHTH, Backbone
from shls_core.methods.dul.config import DulNetworkConfig
from shls_core.methods.normalisation import Normalisation

EMBEDDING = "embedding"
"""Name of the projected features, beside those of the layers."""


class DulNetwork(nn.Module):
    """Backbone and projection; losses compare the projection, propagation the last layer.

    Parameters
    ----------
    config : DulNetworkConfig

    Examples
    --------
    >>> network = new_network(DulNetworkConfig(width_multiplier=0.125), seed=0)
    >>> images = network.normalised(torch.zeros(2, 89, 89, 3, dtype=torch.uint8))
    >>> network.embeddings(images).shape
    torch.Size([2, 144, 128])
    """

    def __init__(self, config: DulNetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.normalised = Normalisation(config)
        self.backbone = Backbone(config.width_multiplier, EIGHTH)
        channels = self.backbone.channels["layer4"]
        self.projection = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, config.embedding_size, 1),
        )
        for module in self.projection:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, images: Float[Tensor, "frames 3 H W"], name: str) -> Float[Tensor, "frames C h w"]:
        """Return the output of a layer of the backbone, or of the projection (`EMBEDDING`)."""
        if name != EMBEDDING:
            layers: dict[str, Tensor] = self.backbone(images, name)
            return layers[name]
        projected: Tensor = self.projection(self.backbone(images)["layer4"])
        return projected

    def embeddings(self, images: Float[Tensor, "frames 3 H W"]) -> Float[Tensor, "frames P S"]:
        """Return the embedding of every cell, row by row, with unit length, in float32 at least."""
        maps = self.features(images, EMBEDDING)
        vectors = maps.flatten(2).transpose(1, 2)
        return F.normalize(vectors.to(torch.promote_types(vectors.dtype, torch.float32)), dim=2)
