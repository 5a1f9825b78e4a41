"""Long-term memory: centroids of one class that drift as members come in."""

import numpy as np
from jaxtyping import Float32

from shls_core.memory.config import MemoryConfig
from shls_core.memory.faiss_backend import load_faiss


def num_centroids(num_members: int, config: MemoryConfig) -> int:
    """Return how many centroids a class of `num_members` superpixels gets: 1 to as many as it has.

    Examples
    --------
    >>> [num_centroids(n, MemoryConfig()) for n in (1, 29, 31, 5000)]
    [1, 1, 2, 10]
    """
    wanted = round(num_members / config.superpixels_per_centroid)
    return min(max(wanted, 1), config.max_centroids, num_members)


class Centroids:
    """Spherical k-means over the members of one class, continued as a running mean.

    Parameters
    ----------
    members : Float32[numpy.ndarray, "M S"]
        Superfeatures of the class in the first frame, of unit length; M >= 1.
    config : MemoryConfig

    Attributes
    ----------
    values : Float32[numpy.ndarray, "centroids S"]
        Unit vectors.
    weights : Float32[numpy.ndarray, "centroids"]
        Number of members each has been averaged over.
    """

    def __init__(self, members: Float32[np.ndarray, "M S"], config: MemoryConfig) -> None:
        kmeans = load_faiss().Kmeans(
            members.shape[1],
            num_centroids(len(members), config),
            niter=config.kmeans_iterations,
            seed=config.kmeans_seed,
            spherical=True,
            # FAISS would subsample large classes and warn about small ones.
            min_points_per_centroid=1,
            max_points_per_centroid=len(members),
        )
        kmeans.train(members)
        self.values: Float32[np.ndarray, "centroids S"] = kmeans.centroids
        nearest = (members @ self.values.T).argmax(axis=1)
        self.weights = np.bincount(nearest, minlength=len(self.values)).astype(np.float32)

    def similarity(self, queries: Float32[np.ndarray, "R S"]) -> Float32[np.ndarray, " R"]:
        """Return the similarity of every query to its nearest centroid."""
        nearest: Float32[np.ndarray, " R"] = (queries @ self.values.T).max(axis=1)
        return nearest

    def absorb(self, members: Float32[np.ndarray, "M S"]) -> None:
        """Move every centroid towards the new members nearest to it, by their share of all its members."""
        belongs = (members @ self.values.T).argmax(axis=1)[:, None] == np.arange(len(self.values))
        sums = self.values * self.weights[:, None] + belongs.T.astype(np.float32) @ members
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        self.values = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), self.values)
        self.weights = self.weights + belongs.sum(axis=0, dtype=np.float32)
