"""Spherical k-means whose start depends on the values of the members, not on their order or a seed."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

_MOST_CANDIDATES = 512
"""Largest number of members tried as first centroids."""


@torch.no_grad()
def spherical_kmeans(
    members: Float[Tensor, "M S"], num_clusters: int, iterations: int
) -> Int64[Tensor, " M"]:
    """Divide unit vectors into clusters by their nearest direction.

    Parameters
    ----------
    members : Float[Tensor, "M S"]
        Unit vectors; M >= `num_clusters`.
    num_clusters : int
    iterations : int
        Of Lloyd's algorithm.

    Returns
    -------
    Int64[Tensor, "M"]
        Cluster of every member, 0..num_clusters-1; where members coincide, clusters may stay empty.

    References
    ----------
    .. [1] I. Dhillon, D. Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering", Machine
       Learning 42, 2001, https://doi.org/10.1023/A:1007612920971
    """
    centroids = first_centroids(members, num_clusters)
    for _ in range(iterations):
        nearest = (members @ centroids.T).argmax(dim=1)
        sums = torch.zeros_like(centroids).index_add(0, nearest, members)
        # A cluster that lost its members keeps its direction.
        centroids = torch.where(sums.norm(dim=1, keepdim=True) > 0, F.normalize(sums, dim=1), centroids)
    return (members @ centroids.T).argmax(dim=1)


def first_centroids(members: Float[Tensor, "M S"], num_clusters: int) -> Float[Tensor, "num_clusters S"]:
    """Choose members greedily: each maximises the sum of all members' similarities to their nearest choice.

    If there are many members, only every n-th is tried, in the order of their similarity to the mean. So the
    choice does not depend on the order of the members.
    """
    similarity_to_mean = members @ F.normalize(members.sum(dim=0), dim=0)
    step = -(-len(members) // _MOST_CANDIDATES)
    candidates = members[similarity_to_mean.argsort()[::step]] if step > 1 else members
    similarities = candidates @ members.T
    best = torch.full_like(similarities[0], -1.0)
    chosen = []
    for _ in range(num_clusters):
        chosen.append(torch.maximum(similarities, best).sum(dim=1).argmax())
        best = torch.maximum(best, similarities[chosen[-1]])
    return candidates[torch.stack(chosen)]
