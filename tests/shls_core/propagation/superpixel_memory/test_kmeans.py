import faiss
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.propagation.superpixel_memory.kmeans import first_centroids, spherical_kmeans


def random_members(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    centres = torch.rand(7, 12, generator=generator)
    spread = 0.3 * torch.rand(count, 12, generator=generator)
    return F.normalize(centres[torch.randint(7, (count,), generator=generator)] + spread, dim=1)


def inertia(members: torch.Tensor, clusters: torch.Tensor) -> float:
    """One minus the cosine to the direction of the own cluster, summed in a loop."""
    return sum(
        float((1 - own @ F.normalize(own.sum(dim=0), dim=0)).sum())
        for own in (members[clusters == cluster] for cluster in clusters.unique())
    )


def test_clusters_of_lloyd_are_a_fixed_point():
    members = random_members(200, 0)
    clusters = spherical_kmeans(members, 5, iterations=100)
    directions = torch.stack([F.normalize(members[clusters == c].sum(dim=0), dim=0) for c in range(5)])
    assert torch.equal((members @ directions.T).argmax(dim=1), clusters)


def test_clusters_are_no_worse_than_those_of_faiss():
    ours, theirs = 0.0, 0.0
    for seed in range(10):
        members = random_members(300, seed)
        ours += inertia(members, spherical_kmeans(members, 6, iterations=20))
        kmeans = faiss.Kmeans(12, 6, niter=20, spherical=True, seed=0, max_points_per_centroid=300)
        kmeans.train(members.numpy())
        theirs += inertia(members, (members @ torch.from_numpy(kmeans.centroids).T).argmax(dim=1))
    assert ours < theirs


def test_first_centroids_are_chosen_as_a_loop_would():
    members = random_members(40, 3)
    chosen: list[int] = []
    for _ in range(4):
        gains = [
            sum(max(float(a @ members[c]) for c in [*chosen, candidate]) for a in members)
            for candidate in range(40)
        ]
        chosen.append(max(range(40), key=gains.__getitem__))
    torch.testing.assert_close(first_centroids(members, 4), members[chosen])


@pytest.mark.parametrize("iterations", [1, 2, 20])
def test_iterations_are_those_of_a_loop(iterations):
    members = random_members(60, 5).double()
    centroids = list(first_centroids(members, 4))

    def nearest(member: torch.Tensor) -> int:
        return max(range(4), key=lambda cluster: float(member @ centroids[cluster]))

    for _ in range(iterations):
        own = [nearest(member) for member in members]
        for cluster in set(own):
            total = sum(member for member, of in zip(members, own, strict=True) if of == cluster)
            centroids[cluster] = total / total.norm()
    assert spherical_kmeans(members, 4, iterations).tolist() == [nearest(member) for member in members]


@settings(max_examples=20)
@given(seed=st.integers(0, 100), count=st.sampled_from([5, 60, 1200]))
def test_order_of_members_permutes_their_clusters_and_nothing_else(seed, count):
    members = random_members(count, seed)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    clusters = spherical_kmeans(members, 4, iterations=20)
    assert torch.equal(spherical_kmeans(members[order], 4, iterations=20), clusters[order])


def test_as_many_clusters_as_members_part_them_all():
    assert sorted(spherical_kmeans(random_members(6, 1), 6, iterations=5).tolist()) == list(range(6))
