import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shls_core.metrics.superpixels import (
    achievable_segmentation_accuracy,
    boundary_recall,
    label_boundary,
    overlap_counts,
    undersegmentation_error,
)

HALVES = np.repeat([[0] * 6 + [1] * 6], 4, axis=0)
"""Two segments of 24 px; the boundary is column 5."""


def shifted(column: int) -> np.ndarray:
    """Two superpixels that meet after a column."""
    return np.repeat([[0] * (column + 1) + [1] * (11 - column)], 4, axis=0)


def naive_boundary(labels: np.ndarray) -> set[tuple[int, int]]:
    height, width = labels.shape
    return {
        (row, column)
        for row in range(height)
        for column in range(width)
        for to_row, to_column in ((row + 1, column), (row, column + 1))
        if to_row < height and to_column < width and labels[row, column] != labels[to_row, to_column]
    }


def naive_recall(superpixels: np.ndarray, segments: np.ndarray, tolerance_px: int) -> float:
    wanted, there = naive_boundary(segments), naive_boundary(superpixels)
    found = [
        any(max(abs(row - r), abs(column - c)) <= tolerance_px for r, c in there) for row, column in wanted
    ]
    return sum(found) / len(found) if found else 1.0


def naive_areas(superpixels: np.ndarray, segments: np.ndarray) -> tuple[float, float]:
    """Under-segmentation error and achievable accuracy, pixel sets compared one by one."""
    error = right = 0
    for label in np.unique(superpixels):
        region = superpixels == label
        shares = [int((region & (segments == segment)).sum()) for segment in np.unique(segments)]
        error += sum(min(share, int(region.sum()) - share) for share in shares)
        right += max(shares)
    return error / superpixels.size, right / superpixels.size


maps = arrays(np.int64, (7, 9), elements=st.integers(0, 3))


@settings(max_examples=60)
@given(superpixels=maps, segments=maps, tolerance_px=st.integers(0, 3))
def test_as_naive_loops_have_it(superpixels, segments, tolerance_px):
    expected = naive_recall(superpixels, segments, tolerance_px)
    assert boundary_recall(superpixels, segments, tolerance_px) == pytest.approx(expected)
    error, accuracy = naive_areas(superpixels, segments)
    assert undersegmentation_error(superpixels, segments) == pytest.approx(error)
    assert achievable_segmentation_accuracy(superpixels, segments) == pytest.approx(accuracy)
    assert {(int(r), int(c)) for r, c in np.argwhere(label_boundary(segments))} == naive_boundary(segments)


@pytest.mark.parametrize(("column", "recall"), [(5, 1.0), (7, 1.0), (3, 1.0), (8, 0.0), (2, 0.0)])
def test_a_boundary_counts_within_two_pixels(column, recall):
    assert boundary_recall(shifted(column), HALVES) == recall


def test_hand_made_overlaps():
    superpixels = shifted(7)  # 32 px, of which 8 on the wrong side, and 16 px all on the right side
    np.testing.assert_array_equal(overlap_counts(superpixels, HALVES), [[24, 8], [0, 16]])
    assert undersegmentation_error(superpixels, HALVES) == 2 * 8 / 48
    assert achievable_segmentation_accuracy(superpixels, HALVES) == 40 / 48


def test_the_segmentation_itself_is_perfect():
    assert boundary_recall(HALVES, HALVES, tolerance_px=0) == 1
    assert undersegmentation_error(HALVES, HALVES) == 0
    assert achievable_segmentation_accuracy(HALVES, HALVES) == 1


def test_one_superpixel_finds_nothing_and_a_segmentation_without_boundaries_is_found():
    whole = np.zeros_like(HALVES)
    assert boundary_recall(whole, HALVES) == 0
    assert boundary_recall(HALVES, whole) == 1
    assert achievable_segmentation_accuracy(whole, HALVES) == 0.5


@settings(max_examples=20)
@given(superpixels=maps, segments=maps, order=st.permutations(range(4)))
def test_names_of_labels_do_not_matter(superpixels, segments, order):
    renamed = np.array(order)[superpixels]
    for metric in (boundary_recall, undersegmentation_error, achievable_segmentation_accuracy):
        assert metric(renamed, segments) == pytest.approx(metric(superpixels, segments))


def test_large_labels_do_not_overflow():
    superpixels = np.array([[65_535, 0]], np.uint16)
    segments = np.array([[1, 0]], np.uint16)
    assert undersegmentation_error(superpixels, segments) == 0
