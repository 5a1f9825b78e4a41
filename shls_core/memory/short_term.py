"""Short-term memory: exact nearest references of one class."""

import numpy as np
from jaxtyping import Float32

from shls_core.memory.faiss_backend import load_faiss

NO_REFERENCE = -1.0
"""Stands where a class has fewer references than neighbours; cosines of superfeatures lie in 0..1."""


def neighbour_similarities(
    queries: Float32[np.ndarray, "R S"], references: Float32[np.ndarray, "M S"], num_neighbours: int
) -> Float32[np.ndarray, "R num_neighbours"]:
    """Return the similarities of every query to its nearest references, in falling order.

    Parameters
    ----------
    queries, references : Float32[numpy.ndarray, "R S"], Float32[numpy.ndarray, "M S"]
        Vectors of unit length; M >= 1.
    num_neighbours : int
        Columns of the result; those beyond the M references hold `NO_REFERENCE`.
    """
    faiss = load_faiss()
    found = min(num_neighbours, len(references))
    similarities = np.full((len(queries), num_neighbours), NO_REFERENCE, dtype=np.float32)
    similarities[:, :found], _ = faiss.knn(queries, references, found, metric=faiss.METRIC_INNER_PRODUCT)
    return similarities


def neighbour_weights(num_neighbours: int) -> Float32[np.ndarray, " num_neighbours"]:
    """Return the weights 1, 1/2, 1/3, ... of neighbours in falling order of similarity."""
    return (1.0 / np.arange(1, num_neighbours + 1)).astype(np.float32)


def short_term_similarity(
    neighbours: Float32[np.ndarray, "... num_neighbours"],
) -> Float32[np.ndarray, "..."]:
    """Average similarities to nearest references, weighted 1, 1/2, 1/3, ...; missing ones do not count."""
    weights = neighbour_weights(neighbours.shape[-1]) * (neighbours != NO_REFERENCE)
    average: Float32[np.ndarray, ...] = (neighbours * weights).sum(axis=-1) / weights.sum(axis=-1)
    return average
