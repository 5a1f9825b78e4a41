"""The place of a superpixel, as part of the vectors that the memory compares."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def with_place(
    superfeatures: Float[Tensor, "R S"], centres: Float[Tensor, "R 2"], weight: float
) -> Float[Tensor, "R _"]:
    r"""Return vectors whose similarity grows with the nearness of superpixels.

    Four numbers are appended to each superfeature, cosine and sine of its row and of its column, so that
    inner products become

    .. math:: \frac{s_{ij} + w\,\frac12\left(\cos\frac\pi2\Delta r + \cos\frac\pi2\Delta c\right)}{1 + w}

    with the similarity s of superfeatures and the distances :math:`\Delta` of rows and columns. Non-negative
    vectors of unit length stay such vectors, so they can replace superfeatures in any comparison.

    Parameters
    ----------
    superfeatures : Float[Tensor, "R S"]
        Vectors of unit length.
    centres : Float[Tensor, "R 2"]
        Mean row and column in 0..1, as shares of the frame.
    weight : float
        The w above; 0 returns the superfeatures alone.

    Examples
    --------
    >>> same, far = torch.tensor([[1.0], [1.0]]), torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    >>> nearby = with_place(same, far, weight=1.0)
    >>> (nearby @ nearby.T).round(decimals=4)
    tensor([[1.0000, 0.7500],
            [0.7500, 1.0000]])
    """
    if weight == 0.0:
        return superfeatures
    angles = centres * (math.pi / 2)
    place = torch.cat([angles.cos(), angles.sin()], dim=1) * math.sqrt(weight / 2)
    return torch.cat([superfeatures, place], dim=1) / math.sqrt(1.0 + weight)
