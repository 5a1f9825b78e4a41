"""Superfeatures: one short vector for every superpixel, from two depths of the backbone."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex

POSITION_CHANNELS = 3


@dataclass(frozen=True)
class FeatureMaps:
    """The output of the backbone for some frames.

    Attributes
    ----------
    fine : Float[Tensor, "frames C1 H W"]
        Output of layer 1, resized bilinearly to full resolution.
    coarse : Float[Tensor, "frames C4 (H+3)//4 (W+3)//4"]
        Output of layer 4, at a quarter of the resolution.
    """

    fine: Float[Tensor, "frames C1 H W"]
    coarse: Float[Tensor, "frames C4 h w"]


@dataclass(frozen=True)
class Superfeatures:
    """The superfeatures of several frames.

    Attributes
    ----------
    values : Float[Tensor, "total S"]
        Non-negative vectors of unit length, so that inner products are cosines in 0..1.
    offsets : tuple of int
        First row of every frame, and the total at the end.
    """

    values: Float[Tensor, "total S"]
    offsets: tuple[int, ...]

    def of_frame(self, frame: int) -> Float[Tensor, "R S"]:
        """Return the superfeatures of one frame; row j belongs to superpixel j."""
        return self.values[self.offsets[frame] : self.offsets[frame + 1]]


def _head(in_channels: int, superfeature_size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(in_channels, superfeature_size), nn.LayerNorm(superfeature_size), nn.ReLU()
    )


class SuperfeatureHead(nn.Module):
    """Pool two feature maps over superpixels and fuse them into superfeatures.

    Parameters
    ----------
    fine_channels, coarse_channels : int
        Channels of the two feature maps.
    superfeature_size : int
        Length S of a superfeature.
    l2_epsilon : float
        Lower limit of the length that a superfeature is divided by.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.2
    """

    def __init__(
        self, fine_channels: int, coarse_channels: int, superfeature_size: int, l2_epsilon: float
    ) -> None:
        super().__init__()
        self.fine = _head(fine_channels + POSITION_CHANNELS, superfeature_size)
        self.coarse = _head(coarse_channels + POSITION_CHANNELS, superfeature_size)
        self.fuse = nn.Conv1d(2, 1, kernel_size=1)
        # With random initial weights, for one seed in seven, the final ReLU is 0 for every superpixel and
        # stays so.
        nn.init.constant_(self.fuse.weight, 0.5)
        nn.init.zeros_(self.fuse.bias)  # type: ignore[arg-type]
        self.l2_epsilon = l2_epsilon

    def forward(self, features: FeatureMaps, index: SuperpixelIndex) -> Superfeatures:
        """Return the superfeatures of all superpixels of all frames.

        The coarse part of a superpixel that vanishes at a quarter of the resolution is 0.
        """
        at_quarter = index.at_quarter
        visible = at_quarter.areas[:, None] > 0
        fine = self.fine(torch.cat([index.means(features.fine), index.positions], dim=1))
        coarse = self.coarse(torch.cat([at_quarter.means(features.coarse), at_quarter.positions], dim=1))
        fused = self.fuse(torch.stack([fine, coarse * visible], dim=1)).squeeze(1).relu()
        # In float32 also under autocast: lengths with eight significant bits make every comparison inexact.
        exact = fused.to(torch.promote_types(fused.dtype, torch.float32))
        return Superfeatures(F.normalize(exact, dim=1, eps=self.l2_epsilon), index.offsets)
