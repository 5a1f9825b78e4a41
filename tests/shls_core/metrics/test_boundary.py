"""F against hand-computed values, a naive loop, and itself without the crop."""

import math

import cv2
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import skimage.morphology
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.metrics.boundary import boundary_accuracy, boundary_map, boundary_tolerance_px

FRAME = (480, 854)  # Tolerance 8 px.


def naive_boundary_points(mask):
    height, width = mask.shape
    points = set()
    for row in range(height):
        for column in range(width):
            neighbours = [(row, column + 1), (row + 1, column), (row + 1, column + 1)]
            inside = [(r, c) for r, c in neighbours if r < height and c < width]
            if any(mask[row, column] != mask[neighbour] for neighbour in inside):
                points.add((row, column))
    return points


def naive_share_matched(points, others, radius):
    matched = 0
    for row, column in points:
        matched += any((row - r) ** 2 + (column - c) ** 2 <= radius * radius for r, c in others)
    return matched / len(points)


def naive_boundary_accuracy(result, truth):
    height, width = truth.shape
    radius = math.ceil(0.008 * (height * height + width * width) ** 0.5)
    found, wanted = naive_boundary_points(result), naive_boundary_points(truth)
    if not found and not wanted:
        precision = recall = 1.0
    elif not found:
        precision, recall = 1.0, 0.0
    elif not wanted:
        precision, recall = 0.0, 1.0
    else:
        precision = naive_share_matched(found, wanted, radius)
        recall = naive_share_matched(wanted, found, radius)
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def uncropped_boundary_accuracy(result, truth):
    """F of two masks that both have a boundary, computed on the whole frame."""
    disk = skimage.morphology.disk(math.ceil(0.008 * np.linalg.norm(truth.shape)))
    found, wanted = boundary_map(result), boundary_map(truth)
    near_found = cv2.dilate(found.astype(np.uint8), disk) > 0
    near_wanted = cv2.dilate(wanted.astype(np.uint8), disk) > 0
    precision = (found & near_wanted).sum() / found.sum()
    recall = (wanted & near_found).sum() / wanted.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def frame_with(*pixels):
    mask = np.zeros(FRAME, bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        pytest.param(["0000", "0000", "0010", "0000"], ["0000", "0110", "0110", "0000"], id="pixel inside"),
        pytest.param(["1000", "0000", "0000", "0000"], ["1000", "0000", "0000", "0000"], id="upper left"),
        pytest.param(["0001", "0000", "0000", "0000"], ["0011", "0000", "0000", "0000"], id="upper right"),
        pytest.param(["0000", "0000", "0000", "1000"], ["0000", "0000", "1000", "1000"], id="lower left"),
        pytest.param(["0000", "0000", "0000", "0001"], ["0000", "0000", "0011", "0010"], id="lower right"),
        pytest.param(["0000", "0000", "0000", "0110"], ["0000", "0000", "1110", "1010"], id="last row"),
        pytest.param(["0000", "0001", "0001", "0000"], ["0011", "0010", "0011", "0000"], id="last column"),
        pytest.param(["1111", "1111", "1111", "1111"], ["0000", "0000", "0000", "0000"], id="full"),
        pytest.param(["0110"], ["1010"], id="one row"),
        pytest.param(["0", "1", "1", "0"], ["1", "0", "1", "0"], id="one column"),
        pytest.param(["1"], ["0"], id="one pixel"),
    ],
)
def test_boundary_map_by_hand(mask, expected):
    rows = [[digit == "1" for digit in row] for row in mask]
    drawn = ["".join(str(int(pixel)) for pixel in row) for row in boundary_map(np.array(rows))]
    assert drawn == expected


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (480, 854, 8),  # 7.84
        (480, 910, 9),  # 8.23
        (1080, 1920, 18),  # 17.62
        (300, 400, 4),  # exactly 4
        (301, 400, 5),  # a little over 4
        (1, 1, 1),
    ],
)
def test_tolerance_is_rounded_up(height, width, expected):
    assert boundary_tolerance_px(height, width) == expected


# The boundary of a pixel is a square of 2 x 2: each shift puts 4, 3, 2, 1 or 0 of its pixels in reach.
@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        ((0, 0), 1.0),
        ((0, 8), 1.0),
        ((0, 9), 0.5),
        ((0, 10), 0.0),
        ((-9, 0), 0.5),
        ((6, 6), 0.75),  # offsets to the nearest pixel: 5,5 5,6 6,5 within 8, 6,6 beyond
        ((6, -7), 0.25),  # 5,6 within; 5,7 6,6 6,7 beyond
        ((7, 7), 0.0),
    ],
)
def test_tolerance_is_a_disk(shift, expected):
    truth = frame_with((200, 400))
    result = frame_with((200 + shift[0], 400 + shift[1]))
    assert boundary_accuracy(result, truth) == expected


def test_precision_and_recall_are_of_boundary_pixels():
    # Two far pixels found, one of them wanted: precision 1/2, recall 1.
    assert boundary_accuracy(frame_with((50, 50), (300, 600)), frame_with((50, 50))) == 2 / 3


def test_recall_and_precision_trade_places_with_the_masks():
    assert boundary_accuracy(frame_with((50, 50)), frame_with((50, 50), (300, 600))) == 2 / 3


def test_nothing_in_reach_scores_zero():
    assert boundary_accuracy(frame_with((50, 50)), frame_with((300, 600))) == 0.0


def test_empty_result_scores_zero():
    assert boundary_accuracy(frame_with(), frame_with((50, 50))) == 0.0


def test_empty_annotation_scores_zero():
    assert boundary_accuracy(frame_with((50, 50)), frame_with()) == 0.0


def test_two_empty_masks_agree():
    assert boundary_accuracy(frame_with(), frame_with()) == 1.0


def test_full_mask_has_no_boundary():
    full = ~frame_with()
    assert boundary_accuracy(full, full) == 1.0
    assert boundary_accuracy(full, frame_with()) == 1.0
    assert boundary_accuracy(full, frame_with((50, 50))) == 0.0


def test_result_is_a_plain_float():
    pixel = frame_with((50, 50))
    assert type(boundary_accuracy(pixel, pixel)) is float


@settings(max_examples=100)
@given(st.data())
def test_agrees_with_naive_loop_on_small_masks(data):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
    # Mostly background, or every pixel would be a boundary and everything would match.
    pixels = st.sampled_from([False, False, False, False, True])
    result = data.draw(hnp.arrays(bool, shape, elements=pixels, fill=st.just(False)))
    truth = data.draw(hnp.arrays(bool, shape, elements=pixels, fill=st.just(False)))
    assert boundary_accuracy(result, truth) == naive_boundary_accuracy(result, truth)


# Long and narrow frames have a tolerance of several pixels, yet few pixels for the loops.
@pytest.mark.parametrize("shape", [(7, 450), (450, 7)])
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_naive_loop_on_a_wide_tolerance(shape, seed):
    rng = np.random.default_rng(seed)
    result, truth = rng.random((2, *shape)) < 0.005
    expected = naive_boundary_accuracy(result, truth)
    assert 0 < expected < 1
    assert boundary_accuracy(result, truth) == expected


@pytest.mark.parametrize("seed", range(20))
def test_crop_changes_nothing(seed):
    """Two ellipses anywhere, centres outside the frame included, so that many masks touch its edges."""
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(2):
        canvas = np.zeros((240, 427), np.uint8)
        centre = tuple(int(value) for value in rng.integers((-20, -20), (447, 260)))
        axes = tuple(int(value) for value in rng.integers(30, 120, 2))
        masks.append(cv2.ellipse(canvas, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1) > 0)
    assert boundary_accuracy(*masks) == uncropped_boundary_accuracy(*masks)
