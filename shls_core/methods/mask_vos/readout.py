"""Carries values and masks of reference frames to a query frame."""

from jaxtyping import Float
from torch import Tensor

from shls_core.methods.scaled_cosines import scaled_cosines
from shls_core.propagation.soft_labels import hardened


def affinity(
    query: Float[Tensor, "P S"], references: Float[Tensor, "R S"], temperature: float
) -> Float[Tensor, "P R"]:
    """Return how much every reference cell gives to each query cell; rows sum to 1.

    Parameters
    ----------
    query, references
        Unit keys of the cells of the query, and of those of all references.
    temperature
        Divisor of cosines before the softmax over all reference cells.
    """
    return scaled_cosines(query, references, temperature).softmax(dim=1)


def carried(
    weights: Float[Tensor, "P R"], values: Float[Tensor, "N R C"], grid: tuple[int, int]
) -> Float[Tensor, "N C h w"]:
    """Return the values of the reference cells, for each of N objects, at the query cells."""
    found = weights.to(values.dtype) @ values
    return found.transpose(1, 2).reshape(len(values), -1, *grid)


def coarse_mask(
    weights: Float[Tensor, "P R"], shares: Float[Tensor, "K R"], grid: tuple[int, int]
) -> Float[Tensor, "K h w"]:
    """Return which label each query cell has: 0 or 1, without gradient; the first of equals.

    Parameters
    ----------
    weights
        As `affinity` returns them.
    shares
        Of the background and of every object in the reference cells.
    grid
        Rows and columns of cells.
    """
    soft = (weights.detach() @ shares.T).T.reshape(len(shares), *grid)
    return hardened(soft)
