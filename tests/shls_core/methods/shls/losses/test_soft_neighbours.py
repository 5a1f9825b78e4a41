"""Soft nearest neighbours against loops over superpixels."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.methods.shls.losses.soft_neighbours import soft_neighbours


def unit_vectors(count: int, seed: int) -> torch.Tensor:
    values = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(values, dim=1)


def naive(vectors: list[list[float]], labels: list[int], frames: list[int], temperature: float) -> float:
    def loudness(a: int, b: int) -> float:
        return math.exp(sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True)) / temperature)

    terms = []
    for i in range(len(labels)):
        others = [j for j in range(len(labels)) if frames[j] != frames[i]]
        own = [loudness(i, j) for j in others if labels[j] == labels[i]]
        if own and len(own) < len(others):
            terms.append(-math.log(sum(own) / sum(loudness(i, j) for j in others)))
    return sum(terms) / len(terms) if terms else 0.0


@settings(max_examples=60)
@given(
    superpixels=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=12),
    seed=st.integers(0, 1000),
    temperature=st.sampled_from([0.07, 0.5, 1.0]),
)
def test_equals_loops_over_superpixels(superpixels, seed, temperature):
    frames, labels = (list(values) for values in zip(*superpixels, strict=True))
    vectors = unit_vectors(len(labels), seed)
    expected = naive(vectors.tolist(), labels, frames, temperature)
    got = soft_neighbours(vectors, torch.tensor(labels), torch.tensor(frames), temperature)
    assert got.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_known_value():
    # Each of frame 0 finds its own at cosine 1 and the other at 0 in frame 1; and the other way round.
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).repeat(2, 1)
    labels, frames = torch.tensor([0, 5, 0, 5]), torch.tensor([0, 0, 1, 1])
    loss = soft_neighbours(vectors, labels, frames, temperature=1.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-6)


def test_an_object_of_two_looks_costs_nothing_where_each_look_is_found_again():
    # NT-Xent would pull the two looks of object 1 together.
    looks = torch.eye(3)
    vectors, labels = looks.repeat(2, 1), torch.tensor([1, 1, 0]).repeat(2)
    loss = soft_neighbours(vectors, labels, torch.tensor([0, 0, 0, 1, 1, 1]), temperature=0.05)
    assert loss.item() < 1e-7


@pytest.mark.parametrize(
    ("labels", "frames"), [([1, 1, 1], [0, 1, 2]), ([0, 1, 2], [0, 0, 0]), ([0, 1], [0, 1]), ([0], [0])]
)
def test_nothing_to_tell_apart_contributes_nothing(labels, frames):
    vectors = unit_vectors(len(labels), 0).requires_grad_()
    loss = soft_neighbours(vectors, torch.tensor(labels), torch.tensor(frames), 0.07)
    loss.backward()
    assert loss.item() == 0.0
    assert not vectors.grad.any()


def test_stays_finite_at_a_very_low_temperature():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    loss = soft_neighbours(vectors, torch.tensor([0, 1, 0, 1]), torch.tensor([0, 0, 1, 1]), 1e-4)
    loss.backward()
    assert loss.item() == pytest.approx(1e4, rel=1e-3)
    assert torch.isfinite(vectors.grad).all()


def test_gradient_equals_finite_differences():
    vectors = unit_vectors(7, 1).requires_grad_()
    labels, frames = torch.tensor([0, 0, 1, 1, 2, 0, 1]), torch.tensor([0, 0, 0, 1, 1, 1, 2])
    assert torch.autograd.gradcheck(lambda v: soft_neighbours(v, labels, frames, 0.5), vectors)
