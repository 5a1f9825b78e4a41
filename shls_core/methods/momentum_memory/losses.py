"""How far reconstructed colours are from the true ones."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from shls_core.methods.momentum_memory.config import STRIDE


def at_cells(channel: Float[Tensor, "... H W"]) -> Float[Tensor, "... h w"]:
    """Return a channel at the pixels on which cells are centred."""
    return channel[..., ::STRIDE, ::STRIDE]


def at_pixels(cells: Float[Tensor, "B h w"], height: int, width: int) -> Float[Tensor, "B H W"]:
    """Return values of cells at all pixels: bilinear between centres, constant beyond the last ones."""
    # Matrix products, because the gradient of interpolation does not repeat to the bit on a GPU.
    return _weights(height, cells) @ cells @ _weights(width, cells).T


def reconstruction_loss(
    found: Float[Tensor, "B h w"], channel: Float[Tensor, "B H W"], scale: float, is_full: bool
) -> Float[Tensor, ""]:
    """Return the mean smooth L1 loss of reconstructed colours.

    Parameters
    ----------
    found
        Colours of cells.
    channel
        The true colours, -1..1.
    scale
        Factor on both before they are compared.
    is_full
        Whether they are compared at every pixel; otherwise at the centres of cells.
    """
    if is_full:
        return F.smooth_l1_loss(scale * at_pixels(found, *channel.shape[1:]), scale * channel)
    return F.smooth_l1_loss(scale * found, scale * at_cells(channel))


def _weights(num_pixels: int, cells: Tensor) -> Float[Tensor, "pixels cells"]:
    """Return the weight of every cell along an axis at every pixel."""
    num_cells = -(-num_pixels // STRIDE)
    centres = torch.arange(num_cells, device=cells.device, dtype=cells.dtype)
    places = torch.arange(num_pixels, device=cells.device, dtype=cells.dtype) / STRIDE
    distances = places.clamp(max=num_cells - 1)[:, None] - centres
    return (1 - distances.abs()).clamp(min=0)
