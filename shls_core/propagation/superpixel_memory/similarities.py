"""How similar the superpixels of a frame are to the classes in memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

NO_REFERENCE = -1.0
"""The value where a class has fewer references than neighbours; cosines of superfeatures lie in 0..1."""


def neighbour_weights(num_neighbours: int, like: Tensor) -> Float[Tensor, " num_neighbours"]:
    """Return the weights 1, 1/2, 1/3, ... of neighbours in descending order of similarity."""
    return 1.0 / torch.arange(1, num_neighbours + 1, device=like.device, dtype=like.dtype)


def short_term_similarity(neighbours: Float[Tensor, "*rest num_neighbours"]) -> Float[Tensor, "*rest"]:
    """Average similarities to nearest references, weighted 1, 1/2, 1/3, ...; missing ones do not count."""
    weights = neighbour_weights(neighbours.shape[-1], neighbours) * (neighbours != NO_REFERENCE)
    return (neighbours * weights).sum(dim=-1) / weights.sum(dim=-1)


@dataclass(frozen=True)
class Similarities:
    """Similarities of every superpixel to every class; differentiable.

    Attributes
    ----------
    neighbours : Float[Tensor, "R classes neighbours"]
        To the nearest references of the class, in descending order; `NO_REFERENCE` where it has no more.
    long_term : Float[Tensor, "R classes"]
        To the nearest centroid of the class: L in the paper.
    """

    neighbours: Float[Tensor, "R classes neighbours"]
    long_term: Float[Tensor, "R classes"]

    @property
    def short_term(self) -> Float[Tensor, "R classes"]:
        """Weighted mean over the nearest references of the class: S in the paper."""
        return short_term_similarity(self.neighbours)


def strongest_other(values: Float[Tensor, "R classes"]) -> Float[Tensor, "R classes"]:
    """Return for every class the largest value among the other ones; 0 if there is no other.

    Examples
    --------
    >>> strongest_other(torch.tensor([[0.1, 0.5, 0.3]])).tolist() == torch.tensor([[0.5, 0.3, 0.5]]).tolist()
    True
    """
    if values.shape[1] == 1:
        return torch.zeros_like(values)
    strongest, column = values.topk(2, dim=1)
    is_strongest = torch.arange(values.shape[1], device=values.device) == column[:, :1]
    return torch.where(is_strongest, strongest[:, 1:], strongest[:, :1])
