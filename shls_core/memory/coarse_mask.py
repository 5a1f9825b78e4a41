"""Pre-segmentation: the object of every superpixel from its similarities to all classes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from shls_core.memory.short_term import neighbour_weights, short_term_similarity


@dataclass(frozen=True)
class Similarities:
    """How similar the superpixels of a frame are to every class in memory.

    Attributes
    ----------
    neighbours : Float32[numpy.ndarray, "R classes neighbours"]
        To the nearest references of the class, in falling order.
    long_term : Float32[numpy.ndarray, "R classes"]
        To the nearest centroid of the class.
    """

    neighbours: Float32[np.ndarray, "R classes neighbours"]
    long_term: Float32[np.ndarray, "R classes"]

    @property
    def short_term(self) -> Float32[np.ndarray, "R classes"]:
        """Weighted mean over the nearest references of the class."""
        return short_term_similarity(self.neighbours)


def margins(similarities: Similarities) -> Float32[np.ndarray, "R classes"]:
    """Return Eq. 1 of the paper: how far each class k is ahead of the strongest other class l.

    ``f(p_k) = S^k + L^k - (S^l + L^l)``, S short-term, L long-term; of a single class nothing is subtracted.
    """
    total: Float32[np.ndarray, "R classes"] = similarities.short_term + similarities.long_term
    num_classes = total.shape[1]
    if num_classes == 1:
        return total
    second, first = np.moveaxis(np.partition(total, num_classes - 2, axis=1)[:, -2:], 1, 0)
    is_strongest = total.argmax(axis=1)[:, None] == np.arange(num_classes)
    ahead: Float32[np.ndarray, "R classes"] = total - np.where(is_strongest, second[:, None], first[:, None])
    return ahead


def knn_votes(similarities: Similarities) -> Float32[np.ndarray, "R classes"]:
    """Return the votes of the nearest references of all classes together.

    The n-th nearest votes for its class with its similarity divided by n.
    """
    num_superpixels, num_classes, num_neighbours = similarities.neighbours.shape
    candidates = similarities.neighbours.reshape(num_superpixels, -1)
    nearest = np.argsort(-candidates, axis=1, kind="stable")[:, :num_neighbours]
    strength = np.take_along_axis(candidates, nearest, axis=1).clip(min=0.0) * neighbour_weights(
        num_neighbours
    )
    votes_for = (nearest // num_neighbours)[:, :, None] == np.arange(num_classes)
    votes: Float32[np.ndarray, "R classes"] = (strength[:, :, None] * votes_for).sum(axis=1)
    return votes


def winning_class(similarities: Similarities, rule: Literal["eq1", "knn_vote"]) -> Int64[np.ndarray, " R"]:
    """Return the column of the class that wins each superpixel; the first of equals."""
    scores = margins(similarities) if rule == "eq1" else knn_votes(similarities)
    winners: Int64[np.ndarray, " R"] = scores.argmax(axis=1)
    return winners


def paint(
    values: Shaped[np.ndarray, "R ..."], superpixel_map: Shaped[np.ndarray, "H W"]
) -> Shaped[np.ndarray, "H W ..."]:
    """Give every pixel the value of its superpixel."""
    painted: Shaped[np.ndarray, "H W ..."] = values[superpixel_map]
    return painted
