"""Superpixels inside an object, and those at its border."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor


def inside_own_class(winners: Int64[Tensor, " R"], superpixels: Int64[Tensor, "H W"]) -> Bool[Tensor, " R"]:
    """Return which superpixels touch only superpixels of their own class.

    Parameters
    ----------
    winners : Int64[Tensor, "R"]
        Class of every superpixel.
    superpixels : Int64[Tensor, "H W"]
        Labels 0..R-1. Pixels touch those above, below, left and right of them.

    Examples
    --------
    >>> inside_own_class(torch.tensor([0, 0, 1]), torch.tensor([[0, 1, 2]]))
    tensor([ True, False, False])
    """
    classes = winners[superpixels]
    is_inside = torch.ones_like(winners, dtype=torch.bool)
    for axis in (0, 1):
        length = superpixels.shape[axis] - 1
        differs = classes.narrow(axis, 0, length) != classes.narrow(axis, 1, length)
        for start in (0, 1):
            is_inside[superpixels.narrow(axis, start, length)[differs]] = False
    return is_inside
