"""Long-term memory: centroids of every class, which move as members are added."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.kmeans import spherical_kmeans

NO_CENTROID = -1.0
"""The value where a class has fewer centroids than another; cosines of superfeatures lie in 0..1."""


def num_centroids(num_members: int, config: MemoryConfig) -> int:
    """Return how many centroids a class of `num_members` superpixels gets: 1 to `num_members`.

    Examples
    --------
    >>> [num_centroids(n, MemoryConfig()) for n in (1, 29, 31, 5000)]
    [1, 1, 2, 10]
    """
    wanted = round(num_members / config.superpixels_per_centroid)
    return min(max(wanted, 1), config.max_centroids, num_members)


@dataclass(frozen=True)
class Centroids:
    """Centroids of every class: spherical k-means of its first members, continued as a running mean.

    Attributes
    ----------
    values : Float[Tensor, "classes centroids S"]
        Unit vectors; undefined where there is no centroid.
    weights : Float[Tensor, "classes centroids"]
        Number of members each is the mean of; 0 where a class has fewer centroids than another.
    """

    values: Float[Tensor, "classes centroids S"]
    weights: Float[Tensor, "classes centroids"]

    @classmethod
    def fit(cls, first: Sequence[Float[Tensor, "_ S"]], config: MemoryConfig) -> "Centroids":
        """Cluster the members of every class in its first frame; each class has at least one member.

        The search for clusters carries no gradient; the centroids do.
        """
        counts = [num_centroids(len(members), config) for members in first]
        numbers = [
            column * max(counts) + spherical_kmeans(members, count, config.kmeans_iterations)
            for column, (members, count) in enumerate(zip(first, counts, strict=True))
        ]
        shape = (len(first), max(counts))
        none = cls(first[0].new_zeros(*shape, first[0].shape[1]), first[0].new_zeros(shape))
        return none._with(torch.cat(list(first)), torch.cat(numbers))

    @classmethod
    def stacked(cls, classes: Sequence["Centroids"]) -> "Centroids":
        """Join the centroids of several classes, in the order given."""
        most = max(each.weights.shape[1] for each in classes)
        return cls(
            torch.cat([F.pad(each.values, (0, 0, 0, most - each.values.shape[1])) for each in classes]),
            torch.cat([F.pad(each.weights, (0, most - each.weights.shape[1])) for each in classes]),
        )

    def of_class(self, column: int) -> "Centroids":
        """Return the centroids of one class."""
        return Centroids(self.values[column : column + 1], self.weights[column : column + 1])

    def similarities(self, queries: Float[Tensor, "R S"]) -> Float[Tensor, "R classes"]:
        """Return the similarity of every query to its nearest centroid of every class."""
        return self._to_all(queries).amax(dim=2)

    def absorb(self, members: Float[Tensor, "M S"], columns: Int64[Tensor, " M"]) -> "Centroids":
        """Return centroids that have moved towards the members of their class nearest to them.

        Each moves by the share of the new members among all its members.
        """
        own = self._to_all(members)[torch.arange(len(members), device=members.device), columns]
        return self._with(members, columns * self.weights.shape[1] + own.argmax(dim=1))

    def _to_all(self, queries: Float[Tensor, "R S"]) -> Float[Tensor, "R classes centroids"]:
        products = (queries @ self.values.flatten(0, 1).T).reshape(-1, *self.weights.shape)
        return products.masked_fill(self.weights == 0, NO_CENTROID)

    def _with(self, members: Float[Tensor, "M S"], numbers: Int64[Tensor, " M"]) -> "Centroids":
        """Add members to centroids, which are numbered consecutively over all classes."""
        sums = (self.values * self.weights[..., None]).flatten(0, 1).index_add(0, numbers, members)
        added = torch.bincount(numbers, minlength=self.weights.numel()).reshape(self.weights.shape)
        return Centroids(F.normalize(sums, dim=1).reshape(self.values.shape), self.weights + added)
