"""Attention in windows against loops over cells."""

import math

import numpy as np
import pytest
import torch

from shls_core.methods.momentum_memory.window_attention import window_attention


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    values = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return values.double()


def by_loops(queries, references, values, radius):
    found = np.zeros((*queries.shape[:3], values.shape[-1]))
    batch, height, width, _ = queries.shape
    for b in range(batch):
        for y in range(height):
            for x in range(width):
                weights, votes = [], []
                for k in range(references.shape[1]):
                    for row in range(max(0, y - radius), min(height, y + radius + 1)):
                        for column in range(max(0, x - radius), min(width, x + radius + 1)):
                            product = float(queries[b, y, x] @ references[b, k, row, column])
                            weights.append(math.exp(product))
                            votes.append(values[b, k, row, column].numpy())
                found[b, y, x] = np.average(votes, axis=0, weights=weights)
    return found


@pytest.mark.parametrize(
    ("size", "num_references", "radius"), [((5, 4), 2, 1), ((3, 19), 1, 2), ((4, 6), 3, 9), ((3, 3), 2, 0)]
)
def test_it_is_a_softmax_over_the_windows_of_all_references(size, num_references, radius):
    queries, references = random(2, *size, 3), random(2, num_references, *size, 3, seed=1)
    values = random(2, num_references, *size, 2, seed=2)
    found = window_attention(queries, references, values, radius)
    np.testing.assert_allclose(found, by_loops(queries, references, values, radius), atol=1e-10)


def test_the_order_of_references_is_nothing_and_one_that_is_repeated_is_one():
    queries, references, values = random(1, 4, 5, 3), random(1, 3, 4, 5, 3, seed=1), random(1, 3, 4, 5, 1)
    expected = window_attention(queries, references, values, 2)
    order = [2, 0, 1]
    torch.testing.assert_close(window_attention(queries, references[:, order], values[:, order], 2), expected)
    one = window_attention(queries, references[:, :1], values[:, :1], 2)
    twice = window_attention(queries, references[:, [0, 0]], values[:, [0, 0]], 2)
    torch.testing.assert_close(twice, one)


def test_a_shift_within_the_window_is_reconstructed_exactly():
    """Cells with distinct features: what the query shows at (y, x), the reference shows at (y - 3, x + 5)."""
    world = 40 * torch.nn.functional.normalize(random(1, 20, 24, 32), dim=3)
    colours = random(1, 20, 24, 1, seed=1)
    query, reference = world[:, 3:17, 5:19], world[:, 6:20, :14]
    value = colours[:, 6:20, :14]
    found = window_attention(query, reference[:, None], value[:, None], 6)
    torch.testing.assert_close(found[:, 3:, :9], colours[:, 6:17, 5:14], atol=1e-6, rtol=0)
    narrow = window_attention(query, reference[:, None], value[:, None], 4)
    assert (narrow[:, 3:, :9] - colours[:, 6:17, 5:14]).abs().mean() > 0.3


def test_gradients_are_those_of_finite_differences():
    queries, references = random(1, 3, 4, 2).requires_grad_(), random(1, 2, 3, 4, 2, seed=1).requires_grad_()
    values = random(1, 2, 3, 4, 1, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda *of: window_attention(*of, 1), (queries, references, values))


def test_low_precision_stays_outside():
    queries, references, values = (
        random(*shape).bfloat16() for shape in [(1, 3, 3, 2), *[(1, 1, 3, 3, 2)] * 2]
    )
    with torch.autocast("cpu", torch.bfloat16):
        assert window_attention(queries, references, values, 1).dtype == torch.float32
