"""The backbone: a randomly initialised ResNet-18 that reduces the resolution to a quarter only."""

from jaxtyping import Float
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut; the shortcut is a 1x1 convolution where shapes differ."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Float[Tensor, "frames C_in h w"]) -> Float[Tensor, "frames C_out h_out w_out"]:
        """Return the sum of shortcut and residual, after a ReLU."""
        total: Tensor = self.shortcut(x) + self.residual(x)
        return total.relu_()


def _layer(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(in_channels, out_channels, stride), BasicBlock(out_channels, out_channels, stride=1)
    )


class Backbone(nn.Module):
    """ResNet-18 with strides 2, 1, 2, 1, 1 and no max-pool.

    Parameters
    ----------
    width_multiplier : float
        Factor on the channel counts 64, 128, 256, 256 of the four layers.

    Attributes
    ----------
    fine_channels, coarse_channels : int
        Channels of the two maps that `forward` returns.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
       https://doi.org/10.1109/CVPR.2016.90
    .. [2] Z. Lai, E. Lu, W. Xie, "MAST: A Memory-Augmented Self-Supervised Tracker", CVPR 2020,
       https://doi.org/10.1109/CVPR42600.2020.00651 (the strides)
    """

    def __init__(self, width_multiplier: float) -> None:
        super().__init__()
        c1, c2, c3, c4 = (max(4, round(channels * width_multiplier)) for channels in (64, 128, 256, 256))
        self.fine_channels, self.coarse_channels = c1, c4
        self.stem = nn.Sequential(
            nn.Conv2d(3, c1, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(c1), nn.ReLU(inplace=True)
        )
        self.layer1 = _layer(c1, c1, stride=1)
        self.layer2 = _layer(c1, c2, stride=2)
        self.layer3 = _layer(c2, c3, stride=1)
        self.layer4 = _layer(c3, c4, stride=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(
        self, images: Float[Tensor, "frames 3 H W"]
    ) -> tuple[Float[Tensor, "frames C1 (H+1)//2 (W+1)//2"], Float[Tensor, "frames C4 (H+3)//4 (W+3)//4"]]:
        """Return the output of layer 1 at half and of layer 4 at a quarter of the resolution, rounded up."""
        fine: Tensor = self.layer1(self.stem(images))
        coarse: Tensor = self.layer4(self.layer3(self.layer2(fine)))
        return fine, coarse
