"""The decoder: from values to the mask of an object."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from shls_core.methods.mask_vos.enlarged import enlarged
from shls_core.methods.mask_vos.mask_encoder import VALUES, at_width
from shls_core.methods.residual_block import ResidualBlock, conv3


class MaskDecoder(nn.Module):
    """From carried values and those of a coarse mask to the log-odds of the object at every pixel.

    Parameters
    ----------
    skips : tuple of int
        Channels of layers 1 and 2 of the visual encoder, at a quarter and an eighth of the resolution.
    width : float
        Factor on the other channel counts.
    """

    def __init__(self, skips: tuple[int, int], width: float) -> None:
        super().__init__()
        values, at_eighth, at_quarter = (at_width(channels, width) for channels in (VALUES, 256, 128))
        self.compressed = ResidualBlock(2 * values, values)
        self.skip_eighth = conv3(skips[1], values)
        self.at_eighth = ResidualBlock(values, at_eighth)
        self.skip_quarter = conv3(skips[0], at_eighth)
        self.at_quarter = ResidualBlock(at_eighth, at_quarter)
        self.to_log_odds = conv3(at_quarter, 1)

    def forward(
        self,
        values: Float[Tensor, "N C h w"],
        of_mask: Float[Tensor, "N C h w"],
        layer1: Float[Tensor, "N C1 h1 w1"],
        layer2: Float[Tensor, "N C2 h w"],
        size: tuple[int, int],
    ) -> Float[Tensor, "N H W"]:
        """Return log-odds at full size.

        Parameters
        ----------
        values
            Carried from the references.
        of_mask
            Of the frame with its coarse mask.
        layer1, layer2
            Of the visual encoder, for this frame.
        size
            Height and width of the frame.
        """
        maps = self.compressed(torch.cat([values, of_mask], dim=1))
        maps = self.at_eighth(maps + self.skip_eighth(layer2))
        quarter = (layer1.shape[2], layer1.shape[3])
        maps = self.at_quarter(enlarged(maps, quarter, 2) + self.skip_quarter(layer1))
        return enlarged(self.to_log_odds(F.relu(maps)), size, 4)[:, 0]
