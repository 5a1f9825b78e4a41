"""The backbone: a randomly initialised ResNet-18 that keeps more of the resolution than usual."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

_FEW_CHANNELS = 8


class Projection(nn.Conv2d):
    """A 1x1 convolution without bias, of every `step`-th place.

    oneDNN's backward pass of a strided one writes past its memory on processors with AVX2 alone if there are
    fewer than 8 channels (oneDNN issue 6035): then places are picked first, which is the same.
    """

    def __init__(self, in_channels: int, out_channels: int, step: int) -> None:
        super().__init__(in_channels, out_channels, 1, step, bias=False)

    def forward(self, x: Float[Tensor, "frames C_in h w"]) -> Float[Tensor, "frames C_out h_out w_out"]:
        """Return the weighted channels of the places."""
        if self.in_channels >= _FEW_CHANNELS:
            return super().forward(x)
        down, right = self.stride
        return nn.functional.conv2d(x[..., ::down, ::right], self.weight)


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
                Projection(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Float[Tensor, "frames C_in h w"]) -> Float[Tensor, "frames C_out h_out w_out"]:
        """Return the sum of shortcut and residual, after a ReLU."""
        total: Tensor = self.shortcut(x) + self.residual(x)
        return total.relu_()


def _layer(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(in_channels, out_channels, stride), BasicBlock(out_channels, out_channels, stride=1)
    )


@dataclass(frozen=True)
class Architecture:
    """Where a ResNet-18 reduces the resolution, and its channels at full width.

    Attributes
    ----------
    strides : tuple of int
        Of the four layers; the stem has stride 2.
    channels : tuple of int
        Of the four layers; the stem has those of the first.
    pools : bool
        Whether a 3x3 max-pool of stride 2 follows the stem.
    """

    strides: tuple[int, int, int, int]
    channels: tuple[int, int, int, int]
    pools: bool

    @property
    def layer_strides(self) -> dict[str, int]:
        """Pixels from one cell to the next, by layer."""
        stride, found = 4 if self.pools else 2, {}
        for number, factor in enumerate(self.strides, start=1):
            stride *= factor
            found[f"layer{number}"] = stride
        return found


QUARTER = Architecture(strides=(1, 2, 1, 1), channels=(64, 128, 256, 256), pools=False)
"""The backbone of MAST and SHLS: layer 1 at half, the others at a quarter of the resolution."""

EIGHTH = Architecture(strides=(1, 2, 1, 1), channels=(64, 128, 256, 512), pools=True)
"""The backbone of contrastive random walks and DUL: layer 1 at a quarter, the others at an eighth."""


class Backbone(nn.Module):
    """A ResNet-18 whose last two layers have stride 1.

    Parameters
    ----------
    width_multiplier : float
        Factor on all channel counts.
    architecture : Architecture
    in_channels : int
        Channels of what it reads: 3 of a frame, and perhaps a mask.

    Attributes
    ----------
    channels : dict of str to int
        Channels of the four layers, by name.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
       https://doi.org/10.1109/CVPR.2016.90
    .. [2] Z. Lai, E. Lu, W. Xie, "MAST: A Memory-Augmented Self-Supervised Tracker", CVPR 2020,
       https://doi.org/10.1109/CVPR42600.2020.00651 (the strides of `QUARTER`)
    .. [3] A. Jabri, A. Owens, A. A. Efros, "Space-Time Correspondence as a Contrastive Random Walk",
       NeurIPS 2020, https://arxiv.org/abs/2006.14613 (the strides of `EIGHTH`)
    """

    def __init__(
        self, width_multiplier: float, architecture: Architecture = QUARTER, in_channels: int = 3
    ) -> None:
        super().__init__()
        c1, c2, c3, c4 = (max(4, round(channels * width_multiplier)) for channels in architecture.channels)
        s1, s2, s3, s4 = architecture.strides
        self.channels = {"layer1": c1, "layer2": c2, "layer3": c3, "layer4": c4}
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, c1, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(c1),
            nn.ReLU(inplace=True),
        )
        if architecture.pools:
            self.stem.append(nn.MaxPool2d(3, stride=2, padding=1))
        self.layer1 = _layer(c1, c1, s1)
        self.layer2 = _layer(c1, c2, s2)
        self.layer3 = _layer(c2, c3, s3)
        self.layer4 = _layer(c3, c4, s4)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Float[Tensor, "frames C_in H W"], last: str = "layer4") -> dict[str, Tensor]:
        """Return the outputs of the layers up to `last`, by name; sizes are rounded up."""
        outputs: dict[str, Tensor] = {}
        maps: Tensor = self.stem(images)
        for name in self.channels:
            maps = outputs[name] = self.get_submodule(name)(maps)
            if name == last:
                break
        return outputs
