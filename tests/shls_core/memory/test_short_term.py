import sys

import numpy as np
import pytest

from shls_core.errors import MissingComponent
from shls_core.memory.short_term import NO_REFERENCE, neighbour_similarities, short_term_similarity


def unit_vectors(count: int, seed: int) -> np.ndarray:
    vectors = np.abs(np.random.default_rng(seed).normal(size=(count, 6)))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_neighbours_are_the_largest_inner_products():
    queries, references = unit_vectors(7, 0), unit_vectors(20, 1)
    expected = np.sort(queries.astype(float) @ references.astype(float).T, axis=1)[:, ::-1][:, :4]
    np.testing.assert_allclose(neighbour_similarities(queries, references, 4), expected, atol=1e-6)


def test_weights_are_the_inverse_ranks():
    neighbours = np.array([[0.9, 0.6, 0.3]], dtype=np.float32)
    expected = (0.9 + 0.6 / 2 + 0.3 / 3) / (1 + 1 / 2 + 1 / 3)
    np.testing.assert_allclose(short_term_similarity(neighbours), [expected], rtol=1e-6)


def test_fewer_references_than_neighbours_renormalise_the_weights():
    references = unit_vectors(2, 1)
    neighbours = neighbour_similarities(references[:1], references, 5)
    cosine = float(references[0] @ references[1])
    assert (neighbours[0, 2:] == NO_REFERENCE).all()
    np.testing.assert_allclose(short_term_similarity(neighbours), [(1 + cosine / 2) / 1.5], rtol=1e-6)


def test_missing_faiss_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingComponent, match="pip install faiss-cpu"):
        neighbour_similarities(unit_vectors(1, 0), unit_vectors(1, 0), 1)
