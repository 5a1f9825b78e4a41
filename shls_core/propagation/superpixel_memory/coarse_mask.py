"""Pre-segmentation: the object of every superpixel from its similarities to all classes."""

from typing import Literal

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from shls_core.propagation.superpixel_memory.similarities import (
    Similarities,
    neighbour_weights,
    strongest_other,
)


def margins(similarities: Similarities) -> Float[Tensor, "R classes"]:
    """Return Eq. 1 of the paper: how far each class k is ahead of the strongest other class l.

    ``f(p_k) = S^k + L^k - (S^l + L^l)``, S short-term, L long-term; for a single class nothing is subtracted.
    """
    total = similarities.short_term + similarities.long_term
    return total - strongest_other(total)


def knn_votes(similarities: Similarities) -> Float[Tensor, "R classes"]:
    """Return the votes of the nearest references of all classes together.

    The n-th nearest votes for its class with its similarity divided by n.
    """
    _, num_classes, num_neighbours = similarities.neighbours.shape
    candidates = similarities.neighbours.flatten(1)
    nearest = candidates.argsort(dim=1, descending=True, stable=True)[:, :num_neighbours]
    strength = candidates.gather(1, nearest).clamp(min=0.0) * neighbour_weights(num_neighbours, candidates)
    columns = torch.arange(num_classes, device=candidates.device)
    votes_for = (nearest // num_neighbours)[:, :, None] == columns
    return (strength[:, :, None] * votes_for).sum(dim=1)


def winning_class(similarities: Similarities, rule: Literal["eq1", "knn_vote"]) -> Int64[Tensor, " R"]:
    """Return the column of the class that wins each superpixel; the first one on ties."""
    scores = margins(similarities) if rule == "eq1" else knn_votes(similarities)
    return scores.argmax(dim=1)


def paint(
    values: Shaped[Tensor, "R *channels"], superpixel_map: Shaped[Tensor, "H W"]
) -> Shaped[Tensor, "H W *channels"]:
    """Give every pixel the value, or the row of values, of its superpixel."""
    # Rows are gathered whole: twenty channels cost little more than one.
    rows = values.index_select(0, superpixel_map.flatten())
    return rows.reshape(*superpixel_map.shape, *values.shape[1:])
