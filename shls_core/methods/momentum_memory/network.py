"""The network of momentum memory: an encoder that is trained, and its momentum copy for references."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.backbone import QUARTER, Backbone
from shls_core.methods.momentum_memory.config import EMBEDDING, MOMENTUM, MomentumNetworkConfig


class Encoder(nn.Module):
    """A backbone at a quarter of the resolution, and a 3x3 convolution to the features that are compared."""

    def __init__(self, config: MomentumNetworkConfig) -> None:
        super().__init__()
        self.backbone = Backbone(config.width_multiplier, QUARTER)
        self.embedding = nn.Conv2d(self.backbone.channels["layer4"], config.embedding_size, 3, padding=1)

    def forward(self, images: Float[Tensor, "frames 3 H W"]) -> Float[Tensor, "frames C h w"]:
        """Return the features of Lab images."""
        features: Tensor = self.embedding(self.backbone(images)["layer4"])
        return features


class MomentumNetwork(nn.Module):
    """Two encoders of one shape.

    Parameters
    ----------
    config : MomentumNetworkConfig

    Attributes
    ----------
    query : Encoder
        Trained.
    reference : Encoder
        Encodes references. It has no gradient: its weights follow those of `query`. A copy of it at first.

    References
    ----------
    .. [1] Y. Zhu, X. Xu, Z. Jiang, "Self-supervised Video Object Segmentation", 2020,
       https://arxiv.org/abs/2006.12480
    .. [2] Z. Lai, E. Lu, W. Xie, "MAST: A Memory-Augmented Self-Supervised Tracker", CVPR 2020,
       https://doi.org/10.1109/CVPR42600.2020.00651 (the encoder)
    """

    def __init__(self, config: MomentumNetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.query = Encoder(config)
        self.reference = copy.deepcopy(self.query)
        self.reference.requires_grad_(False)

    def features(self, images: Float[Tensor, "frames 3 H W"], name: str) -> Float[Tensor, "frames C h w"]:
        """Return the output of a layer of the trained backbone, `EMBEDDING`, or `MOMENTUM`."""
        if name in (EMBEDDING, MOMENTUM):
            encoder = self.query if name == EMBEDDING else self.reference
            embedded: Tensor = encoder(images)
            return embedded
        layers: dict[str, Tensor] = self.query.backbone(images, name)
        return layers[name]

    @torch.no_grad()
    def copy_to_reference(self) -> None:
        """Make the momentum copy equal to the trained encoder, statistics included."""
        self.reference.load_state_dict(self.query.state_dict())

    @torch.no_grad()
    def follow(self, momentum: float) -> None:
        """Replace the weights of the momentum copy, except for a share `momentum`, by those of the other one.

        Statistics of batches stay as they are: those of the copy are of what it encoded itself.
        """
        for kept, trained in zip(self.reference.parameters(), self.query.parameters(), strict=True):
            kept.mul_(momentum).add_(trained, alpha=1 - momentum)
