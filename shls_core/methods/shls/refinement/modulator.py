"""The feature modulator: a gate on the coarse features, controlled by fine features and attention maps."""

from jaxtyping import Float
from torch import Tensor, nn

from shls_core.propagation.superpixel_memory.attention import ATTENTION_CHANNELS

_CHANNELS = 32


class FeatureModulator(nn.Module):
    """Weight the channels of the coarse features at every place by fine features and attention maps.

    The weights of a place are a softmax over the channels, times the number of channels. They are 1 on
    average, so that gated features keep their scale.

    Parameters
    ----------
    fine_channels, coarse_channels : int
        Channels of the two feature maps, positions included.
    width : float
        Factor on the 32 hidden channels.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.4
    """

    def __init__(self, fine_channels: int, coarse_channels: int, width: float) -> None:
        super().__init__()
        hidden = max(4, round(_CHANNELS * width))
        self.fine = nn.Conv2d(fine_channels, hidden, 3, stride=2, padding=1)
        self.attention = nn.Conv2d(ATTENTION_CHANNELS, hidden, 3, stride=2, padding=1)
        self.gate = nn.Conv2d(hidden, coarse_channels, 3, stride=2, padding=1)

    def forward(
        self,
        fine: Float[Tensor, "N C1 H W"],
        attention: Float[Tensor, "N 4 H W"],
        coarse: Float[Tensor, "N C4 h w"],
    ) -> Float[Tensor, "N C4 h w"]:
        """Return the gated coarse features of some regions."""
        weights = self.gate((self.fine(fine) + self.attention(attention)).relu()).softmax(dim=1)
        gated: Tensor = coarse * (weights * coarse.shape[1])
        return gated
