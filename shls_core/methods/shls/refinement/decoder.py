"""The feature decoder: from features at a quarter of the resolution to object logits at every pixel."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.residual_block import ResidualBlock, conv3
from shls_core.methods.shls.refinement.sampling import upsampled

_COARSE_CHANNELS, _CHANNELS = 128, 256
_SMALL_START = 0.1


class RefinementBlock(nn.Module):
    """Merge the output of the coarser stage with the fine input, at the resolution of this stage.

    Parameters
    ----------
    fine_channels, channels : int
        Of the fine input, and of the stage.
    stride : int
        Resolution of the fine input divided by that of the stage: 1 or 2.
    """

    def __init__(self, fine_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.fine = conv3(fine_channels, channels, stride)
        self.fine_residual = ResidualBlock(channels, channels)
        self.merged_residual = ResidualBlock(channels, channels)

    def forward(
        self, coarse: Float[Tensor, "N C h w"], fine: Float[Tensor, "N C_fine H W"]
    ) -> Float[Tensor, "N C 2*h 2*w"]:
        """Return the features of this stage, at twice the resolution of `coarse`."""
        features: Tensor = self.merged_residual(self.fine_residual(self.fine(fine)).add_(upsampled(coarse)))
        return features


class FeatureDecoder(nn.Module):
    """Residual blocks at a quarter of the resolution, refinement blocks at a half and at full resolution.

    The blocks are those of RGMP, with 128, 256 and 256 channels; there is no batch norm, so that objects do
    not affect each other.

    Parameters
    ----------
    coarse_channels : int
        Channels at a quarter of the resolution: of first, last and current frame together.
    fine_channels : int
        Channels at full resolution: first mask, last prediction, fine features of the first frame, and what
        the configuration adds.
    width : float
        Factor on the channel counts.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.4
    .. [2] S. W. Oh, J.-Y. Lee, K. Sunkavalli, S. J. Kim, "Fast Video Object Segmentation by Reference-Guided
       Mask Propagation", CVPR 2018, https://doi.org/10.1109/CVPR.2018.00770 (the blocks)
    """

    def __init__(self, coarse_channels: int, fine_channels: int, width: float) -> None:
        super().__init__()
        narrow, channels = (max(4, round(count * width)) for count in (_COARSE_CHANNELS, _CHANNELS))
        self.at_quarter = nn.Sequential(
            conv3(coarse_channels, narrow),
            ResidualBlock(narrow, narrow),
            ResidualBlock(narrow, channels),
            ResidualBlock(channels, channels),
        )
        self.at_half = RefinementBlock(fine_channels, channels, stride=2)
        self.at_full = RefinementBlock(fine_channels, channels, stride=1)
        self.to_logits = conv3(channels, 2)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        # Without a norm every block would double the variance, and the initial logits would be far too large.
        for module in self.modules():
            if isinstance(module, ResidualBlock):
                module.second.weight.data.mul_(_SMALL_START)
        self.to_logits.weight.data.mul_(_SMALL_START)

    def forward(
        self, coarse: Float[Tensor, "N C4 h w"], fine: Float[Tensor, "N C1 H W"]
    ) -> Float[Tensor, "N 2 H W"]:
        """Return the logits of *not the object* and *the object*."""
        features = self.at_full(self.at_half(self.at_quarter(coarse), fine), fine)
        logits: Tensor = self.to_logits(F.relu(features))
        return logits
