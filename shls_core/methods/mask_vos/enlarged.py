"""Values of cells at the pixels between them."""

import torch
from jaxtyping import Float
from torch import Tensor


def enlarged(maps: Float[Tensor, "N C h w"], size: tuple[int, int], stride: int) -> Float[Tensor, "N C H W"]:
    """Return maps at more places: bilinear between cells, constant beyond the outermost.

    Cell i is on place `stride` * i, where convolutions with symmetric padding put it.

    Parameters
    ----------
    maps
    size
        Height and width of the result.
    stride
        Places from one cell to the next.
    """
    # As two products: on CUDA, interpolate uses atomic adds in its backward pass.
    rows = _hats(size[0], maps.shape[2], stride).to(maps)
    columns = _hats(size[1], maps.shape[3], stride).to(maps)
    return rows @ (maps @ columns.T)


def _hats(num_places: int, num_cells: int, stride: int) -> Float[Tensor, "places cells"]:
    """Return the weights of linear interpolation between cells."""
    places = (torch.arange(num_places) / stride).clamp(max=num_cells - 1)
    return (1.0 - (places[:, None] - torch.arange(num_cells)).abs()).clamp(min=0.0)
