"""J against hand-computed values and a naive loop."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.metrics.region import region_similarity


def naive_region_similarity(result, truth):
    intersection = union = 0
    for a, b in zip(result.ravel().tolist(), truth.ravel().tolist(), strict=True):
        intersection += a and b
        union += a or b
    return intersection / union if union else 1.0


def test_intersection_over_union_by_hand():
    result = np.array([[1, 1, 0], [1, 1, 0]], bool)
    truth = np.array([[0, 1, 1], [0, 1, 0]], bool)
    assert region_similarity(result, truth) == 2 / 5


def test_two_empty_masks_agree():
    empty = np.zeros((3, 4), bool)
    assert region_similarity(empty, empty) == 1.0


@pytest.mark.parametrize("swap", [False, True])
def test_one_empty_mask_scores_nothing(swap):
    masks = [np.zeros((3, 4), bool), np.eye(3, 4, dtype=bool)]
    assert region_similarity(masks[swap], masks[not swap]) == 0.0


def test_result_is_a_plain_float():
    mask = np.eye(3, dtype=bool)
    assert type(region_similarity(mask, mask)) is float


@settings(max_examples=50)
@given(st.data())
def test_agrees_with_naive_loop(data):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=7))
    result = data.draw(hnp.arrays(bool, shape))
    truth = data.draw(hnp.arrays(bool, shape))
    assert region_similarity(result, truth) == naive_region_similarity(result, truth)
