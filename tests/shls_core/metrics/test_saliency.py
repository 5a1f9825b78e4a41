import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shls_core.metrics.saliency import (
    PrecisionRecall,
    centre_prior,
    max_f_measure,
    mean_absolute_error,
    precision_recall,
    s_measure,
)

shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7)
pairs = shapes.flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.uint8, shape, elements=st.integers(0, 255)), hnp.arrays(np.bool_, shape)
    )
)


def naive_s_measure(saliency_map, truth):
    """Written from the paper, with loops and exact numbers: no rounding decides whether a part is even."""
    height, width = truth.shape
    cells = [(row, column) for row in range(height) for column in range(width)]
    values = {cell: Fraction(int(saliency_map[cell]), 255) for cell in cells}
    inside = [cell for cell in cells if truth[cell]]
    if len(inside) in (0, len(cells)):
        mean = sum(values.values()) / len(cells)
        return mean if inside else 1 - mean

    def mean_of(numbers):
        return sum(numbers) / len(numbers)

    def likeness(numbers):
        mean = mean_of(numbers)
        spread = (
            math.sqrt(sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1))
            if len(numbers) > 1
            else 0
        )
        return 2 * mean / (mean * mean + 1 + spread)

    share = len(inside) / len(cells)
    by_object = share * likeness([values[cell] for cell in inside]) + (1 - share) * likeness(
        [1 - values[cell] for cell in cells if not truth[cell]]
    )

    # The centre of the object counts pixels from 1, halves round up: so many rows lie above the cut.
    above = math.floor(mean_of([row + 1 for row, _ in inside]) + 0.5)
    left = math.floor(mean_of([column + 1 for _, column in inside]) + 0.5)
    by_region = 0.0
    for down in (False, True):
        for right in (False, True):
            part = [(row, column) for row, column in cells if (row >= above, column >= left) == (down, right)]
            if not part:
                continue
            x, y = [values[cell] for cell in part], [Fraction(int(truth[cell])) for cell in part]
            mean_x, mean_y, degrees = mean_of(x), mean_of(y), max(1, len(part) - 1)
            variance_x = sum((one - mean_x) ** 2 for one in x) / degrees
            variance_y = sum((one - mean_y) ** 2 for one in y) / degrees
            covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / degrees
            above_line = 4 * mean_x * mean_y * covariance
            below_line = (mean_x**2 + mean_y**2) * (variance_x + variance_y)
            by_region += len(part) / len(cells) * (above_line / below_line if below_line else 1)
    return max(0.0, 0.5 * float(by_object) + 0.5 * float(by_region))


@settings(max_examples=150)
@given(pairs)
def test_s_measure_is_that_of_the_paper(pair):
    assert s_measure(*pair) == pytest.approx(naive_s_measure(*pair), abs=1e-9)


def test_s_measure_of_a_map_that_is_the_truth_is_1():
    truth = np.zeros((20, 30), bool)
    truth[5:12, 8:21] = True
    assert s_measure(truth * np.uint8(255), truth) == pytest.approx(1)
    assert s_measure(~truth * np.uint8(255), truth) < 0.1


def test_s_measure_computed_by_hand():
    """One row, object on the left: x = (1, 0.2), y = (1, 0); cut after the first pixel, both parts even."""
    truth = np.array([[True, False]])
    by_object = 0.5 * 1.0 + 0.5 * (2 * 0.8 / (0.64 + 1))
    assert s_measure(np.array([[255, 51]], np.uint8), truth) == pytest.approx(0.5 * by_object + 0.5)


@pytest.mark.parametrize(("filled", "expected"), [(False, 0.8), (True, 0.2)])
def test_s_measure_without_object_or_background(filled, expected):
    assert s_measure(np.full((3, 4), 51, np.uint8), np.full((3, 4), filled)) == pytest.approx(expected)


@settings(max_examples=80)
@given(pairs)
def test_precision_and_recall_are_those_of_every_cut(pair):
    saliency_map, truth = pair
    curve = precision_recall(saliency_map, truth)
    for level in (0, 1, 50, 128, 254, 255, int(saliency_map.max())):
        found = saliency_map >= level
        hits = np.count_nonzero(found & truth)
        assert curve.precision[level] == pytest.approx(hits / found.sum() if found.any() else 1)
        assert curve.recall[level] == pytest.approx(hits / truth.sum() if truth.any() else 1)


def test_max_f_measure_weighs_precision():
    curve = PrecisionRecall(np.zeros(256), np.zeros(256))
    assert max_f_measure(curve) == 0
    curve.precision[7], curve.recall[7] = 0.5, 1.0
    curve.precision[9], curve.recall[9] = 1.0, 0.5
    # 1.3 * 0.5 / (0.3 * 0.5 + 1) = 0.565 against 1.3 * 0.5 / (0.3 + 0.5) = 0.8125
    assert max_f_measure(curve) == pytest.approx(0.8125)


def test_mean_absolute_error_computed_by_hand():
    saliency_map = np.array([[255, 0], [102, 0]], np.uint8)
    truth = np.array([[True, True], [False, False]])
    assert mean_absolute_error(saliency_map, truth) == pytest.approx((0 + 1 + 0.4 + 0) / 4)


def test_the_centre_prior_is_brightest_in_the_middle_and_the_same_on_all_sides():
    prior = centre_prior(41, 61)
    assert prior[20, 30] == prior.max() == 255
    np.testing.assert_array_equal(prior, prior[::-1, ::-1])
    # A quarter of the width from the middle: one standard deviation, less half a pixel.
    assert prior[20, 45] == pytest.approx(255 * math.exp(-0.5), abs=5)
