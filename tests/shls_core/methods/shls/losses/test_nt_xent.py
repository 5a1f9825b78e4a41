"""NT-Xent against loops over pairs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.methods.shls.losses.nt_xent import nt_xent


def unit_vectors(count: int, seed: int) -> torch.Tensor:
    vectors = np.abs(np.random.default_rng(seed).normal(size=(count, 4)))
    return torch.from_numpy((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def naive(vectors: list[list[float]], labels: list[int], temperature: float) -> float:
    def weight(a: int, b: int) -> float:
        return math.exp(sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True)) / temperature)

    terms = []
    for i in range(len(labels)):
        negatives = sum(weight(i, n) for n in range(len(labels)) if labels[n] != labels[i])
        terms += [
            -math.log(weight(i, p) / (weight(i, p) + negatives))
            for p in range(len(labels))
            if p != i and labels[p] == labels[i]
        ]
    return sum(terms) / len(terms)


@settings(max_examples=40)
@given(
    labels=st.lists(st.integers(0, 3), min_size=3, max_size=12).filter(lambda ys: 1 < len(set(ys)) < len(ys)),
    seed=st.integers(0, 1000),
    temperature=st.sampled_from([0.07, 0.5, 1.0]),
)
def test_equals_a_loop_over_pairs(labels, seed, temperature):
    vectors = unit_vectors(len(labels), seed)
    expected = naive(vectors.double().tolist(), labels, temperature)
    got = nt_xent(vectors, torch.tensor(labels), temperature).item()
    assert got == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_known_value():
    # Two positives at cosine 1, one negative at cosine 0: both terms are log(1 + e^-1).
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    loss = nt_xent(vectors, torch.tensor([4, 4, 0]), temperature=1.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-6)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 1, 2], [0]])
def test_frame_without_a_positive_or_a_negative_contributes_nothing(labels):
    vectors = unit_vectors(len(labels), 0).requires_grad_()
    loss = nt_xent(vectors, torch.tensor(labels), 0.07)
    loss.backward()
    assert loss.item() == 0.0
    assert not vectors.grad.any()


def test_stays_finite_at_a_very_low_temperature():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], requires_grad=True)
    loss = nt_xent(vectors, torch.tensor([0, 0, 1, 1]), 1e-4)
    loss.backward()
    assert loss.item() == pytest.approx(1e4, rel=1e-3)
    assert torch.isfinite(vectors.grad).all()


def test_gradient_equals_finite_differences():
    vectors = unit_vectors(6, 1).double().requires_grad_()
    labels = torch.tensor([0, 0, 1, 1, 2, 0])
    assert torch.autograd.gradcheck(lambda v: nt_xent(v, labels, 0.5), vectors)


def test_steps_down_the_gradient_separate_the_objects():
    vectors = unit_vectors(8, 2).requires_grad_()
    labels = torch.tensor([0, 1] * 4)
    first = nt_xent(vectors, labels, 0.5)
    for _ in range(50):
        (gradient,) = torch.autograd.grad(nt_xent(vectors, labels, 0.5), vectors)
        vectors = torch.nn.functional.normalize(vectors - gradient, dim=1).detach().requires_grad_()
    assert nt_xent(vectors, labels, 0.5) < 0.5 * first
