"""A residual block without batch norm, whose objects do not affect each other."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def conv3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """Return a 3x3 convolution with bias that keeps the size, divided by its stride."""
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each after a ReLU, with a shortcut: a third convolution where channels differ."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = conv3(in_channels, out_channels)
        self.second = conv3(out_channels, out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = conv3(in_channels, out_channels)

    def forward(self, x: Float[Tensor, "N C_in h w"]) -> Float[Tensor, "N C_out h w"]:
        """Return the sum of shortcut and residual, without activation."""
        residual = self.second(F.relu(self.first(F.relu(x)), inplace=True))
        total: Tensor = residual.add_(self.shortcut(x))
        return total
