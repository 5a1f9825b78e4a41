import numpy as np
import pytest

from shls_core.memory.config import MemoryConfig
from shls_core.memory.long_term import Centroids, num_centroids


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(("members", "expected"), [(1, 1), (9, 1), (31, 2), (100, 5), (199, 10), (4000, 10)])
def test_number_of_centroids_grows_with_the_object(members, expected):
    assert num_centroids(members, MemoryConfig()) == expected


def test_never_more_centroids_than_members():
    assert num_centroids(3, MemoryConfig(superpixels_per_centroid=1, max_centroids=10)) == 3


def test_two_clusters_are_found():
    members = unit(*[[1, e, 0] for e in (0, 0.1, 0.2)], *[[0, e, 1] for e in (0, 0.1, 0.2, 0.3, 0.4)])
    centroids = Centroids(members, MemoryConfig(superpixels_per_centroid=4))
    order = np.argsort(centroids.weights)
    expected = unit(members[:3].sum(axis=0), members[3:].sum(axis=0))
    np.testing.assert_allclose(centroids.values[order], expected, atol=1e-5)
    assert centroids.weights[order].tolist() == [3.0, 5.0]


def test_as_many_centroids_as_members_are_the_members():
    members = unit([1, 0, 0], [0, 1, 0], [0, 0, 1])
    centroids = Centroids(members, MemoryConfig(superpixels_per_centroid=1))
    np.testing.assert_allclose(centroids.similarity(members), 1.0, atol=1e-6)


def test_equal_members_give_a_finite_centroid():
    members = unit(*[[1, 2, 3]] * 50)
    centroids = Centroids(members, MemoryConfig(superpixels_per_centroid=10))
    np.testing.assert_allclose(centroids.similarity(members), 1.0, atol=1e-5)
    centroids.absorb(members[:5])
    assert np.isfinite(centroids.values).all()


def test_repeats_bit_for_bit():
    rng = np.random.default_rng(0)
    members = unit(*np.abs(rng.normal(size=(400, 8))))
    first, again = (Centroids(members, MemoryConfig()).values for _ in range(2))
    assert first.shape == (10, 8)
    assert np.array_equal(first, again)


def test_centroid_moves_by_the_share_of_its_new_members():
    centroids = Centroids(unit([1, 0], [1, 0], [1, 0]), MemoryConfig())
    centroids.absorb(unit([0, 1]))
    np.testing.assert_allclose(centroids.values, unit([3, 1]), atol=1e-6)
    assert centroids.weights.tolist() == [4.0]
