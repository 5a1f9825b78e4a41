import pytest
import torch
import torch.nn.functional as F

from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.long_term import Centroids, num_centroids


def unit(*rows: list[float]) -> torch.Tensor:
    return F.normalize(torch.tensor(rows), dim=1)


def random_members(count: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.rand(count, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.mark.parametrize(("members", "expected"), [(1, 1), (9, 1), (31, 2), (100, 5), (199, 10), (4000, 10)])
def test_number_of_centroids_grows_with_the_object(members, expected):
    assert num_centroids(members, MemoryConfig()) == expected


def test_never_more_centroids_than_members():
    assert num_centroids(3, MemoryConfig(superpixels_per_centroid=1, max_centroids=10)) == 3


def test_two_clusters_are_found():
    members = unit(*[[1.0, e, 0.0] for e in (0, 0.1, 0.2)], *[[0.0, e, 1.0] for e in (0, 0.1, 0.2, 0.3, 0.4)])
    centroids = Centroids.fit([members], MemoryConfig(superpixels_per_centroid=4))
    order = centroids.weights[0].argsort()
    expected = F.normalize(torch.stack([members[:3].sum(dim=0), members[3:].sum(dim=0)]), dim=1)
    torch.testing.assert_close(centroids.values[0, order], expected)
    assert centroids.weights[0, order].tolist() == [3.0, 5.0]


def test_equal_members_give_a_finite_centroid():
    members = unit(*[[1.0, 2.0, 3.0]] * 50)
    centroids = Centroids.fit([members], MemoryConfig(superpixels_per_centroid=10))
    torch.testing.assert_close(centroids.similarities(members), torch.ones(50, 1))
    centroids = centroids.absorb(members[:5], torch.zeros(5, dtype=torch.int64))
    torch.testing.assert_close(centroids.similarities(members), torch.ones(50, 1))


def test_centroid_moves_by_the_share_of_its_new_members():
    fitted = Centroids.fit([unit([1.0, 0.0], [1.0, 0.0], [1.0, 0.0])], MemoryConfig())
    moved = fitted.absorb(unit([0.0, 1.0]), torch.tensor([0]))
    # The mean of three directions at 0 degrees and one at 90, brought to unit length.
    torch.testing.assert_close(moved.values[0], unit([3.0, 1.0]))
    assert moved.weights.tolist() == [[4.0]]


def test_classes_do_not_see_each_others_centroids():
    config = MemoryConfig(superpixels_per_centroid=10)
    classes = [random_members(count, seed) for seed, count in enumerate((60, 12, 35))]
    together = Centroids.fit(classes, config)
    queries, coming = random_members(9, 7), random_members(20, 8)
    columns = torch.arange(20) % 3
    moved = together.absorb(coming, columns)
    for column, members in enumerate(classes):
        alone = Centroids.fit([members], config)
        torch.testing.assert_close(
            together.similarities(queries)[:, column], alone.similarities(queries)[:, 0]
        )
        own = coming[columns == column]
        alone = alone.absorb(own, torch.zeros(len(own), dtype=torch.int64))
        torch.testing.assert_close(moved.similarities(queries)[:, column], alone.similarities(queries)[:, 0])


def test_absorbing_equals_a_loop_over_members():
    fitted = Centroids.fit([random_members(60)], MemoryConfig(superpixels_per_centroid=20))
    coming = random_members(15, 1)
    sums = fitted.values[0] * fitted.weights[0][:, None]
    weights = fitted.weights[0].clone()
    for member in coming:
        nearest = max(range(len(weights)), key=lambda k: float(member @ fitted.values[0, k]))
        sums[nearest] += member
        weights[nearest] += 1
    moved = fitted.absorb(coming, torch.zeros(15, dtype=torch.int64))
    torch.testing.assert_close(moved.values[0], F.normalize(sums, dim=1))
    assert torch.equal(moved.weights[0], weights)


def test_gradients_reach_the_members_through_the_centroids():
    members = random_members(30).requires_grad_()
    coming = random_members(5, 1).requires_grad_()
    centroids = Centroids.fit([members], MemoryConfig()).absorb(coming, torch.zeros(5, dtype=torch.int64))
    centroids.similarities(random_members(50, 2)).sum().backward()
    assert members.grad.abs().sum(dim=1).min() > 0
    assert coming.grad.abs().sum(dim=1).min() > 0
