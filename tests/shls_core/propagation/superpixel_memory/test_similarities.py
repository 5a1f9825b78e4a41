"""Means over neighbours and the strongest other class against loops."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.propagation.superpixel_memory.similarities import (
    NO_REFERENCE,
    short_term_similarity,
    strongest_other,
)


def test_weights_are_the_inverse_ranks():
    expected = (0.9 + 0.6 / 2 + 0.3 / 3) / (1 + 1 / 2 + 1 / 3)
    torch.testing.assert_close(short_term_similarity(torch.tensor([0.9, 0.6, 0.3])), torch.tensor(expected))


def test_missing_references_renormalise_the_weights():
    neighbours = torch.tensor([[1.0, 0.4, NO_REFERENCE], [0.7, NO_REFERENCE, NO_REFERENCE]])
    torch.testing.assert_close(short_term_similarity(neighbours), torch.tensor([1.2 / 1.5, 0.7]))


@settings(max_examples=50)
@given(values=st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=6))
def test_strongest_other_by_looking_at_all_others(values):
    expected = [[max(row[:k] + row[k + 1 :]) for k in range(4)] for row in values]
    assert strongest_other(torch.tensor(values, dtype=torch.float32)).tolist() == expected


def test_a_single_class_has_no_other():
    assert strongest_other(torch.tensor([[0.5], [0.1]])).tolist() == [[0.0], [0.0]]
