import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.pseudo_mask import (
    MAX_OBJECTS,
    mask_confidence,
    pseudo_mask,
)

EVERY_PIXEL = SaliencyConfig(border_radius_px=0, min_component_share=0)

small_maps = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8), elements=st.integers(0, 255)
)


def naive_components(foreground: np.ndarray) -> np.ndarray:
    """Flood fill from every pixel in reading order, then sort by area."""
    labels = np.zeros(foreground.shape, int)
    num_found = 0
    for start in zip(*np.nonzero(foreground), strict=True):
        if labels[start]:
            continue
        num_found += 1
        stack = [start]
        while stack:
            row, column = stack.pop()
            inside = 0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]
            if not inside or labels[row, column] or not foreground[row, column]:
                continue
            labels[row, column] = num_found
            stack += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    order = sorted(range(1, num_found + 1), key=lambda label: -np.count_nonzero(labels == label))
    new = np.zeros(foreground.shape, int)
    for position, label in enumerate(order):
        new[labels == label] = position + 1
    return new


@settings(max_examples=100)
@given(small_maps)
def test_no_other_threshold_separates_better(saliency_map):
    """Otsu: the variance between the two classes is the largest of all 255 thresholds."""

    def variance_between(foreground: np.ndarray) -> float:
        share = foreground.mean()
        if share in (0, 1):
            return 0.0
        return share * (1 - share) * (saliency_map[foreground].mean() - saliency_map[~foreground].mean()) ** 2

    foreground = pseudo_mask(saliency_map, EVERY_PIXEL) > 0
    best = max(variance_between(saliency_map > threshold) for threshold in range(256))

    assert variance_between(foreground) == pytest.approx(best, rel=1e-6, abs=1e-9)
    if foreground.any():
        assert saliency_map[foreground].min() > saliency_map[~foreground].max()


@settings(max_examples=100)
@given(hnp.arrays(np.uint8, (7, 9), elements=st.sampled_from([0, 255])))
def test_components_are_those_of_a_flood_fill_by_decreasing_area(saliency_map):
    assume(not saliency_map.all())
    np.testing.assert_array_equal(pseudo_mask(saliency_map, EVERY_PIXEL), naive_components(saliency_map))


def test_corners_do_not_connect():
    saliency_map = np.array([[255, 0], [0, 255]], np.uint8)
    np.testing.assert_array_equal(pseudo_mask(saliency_map, EVERY_PIXEL), [[1, 0], [0, 2]])


@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_a_constant_map_has_no_objects(value):
    mask = pseudo_mask(np.full((20, 30), value, np.uint8), SaliencyConfig())

    assert mask.dtype == np.uint8
    assert mask.shape == (20, 30)
    assert not mask.any()


def test_components_under_a_thousandth_of_the_image_are_dropped():
    saliency_map = np.zeros((100, 100), np.uint8)
    saliency_map[10, 10:19] = 255  # 9 px of 10,000
    saliency_map[20, 10:20] = 255  # 10 px
    saliency_map[40:60, 40:60] = 255
    mask = pseudo_mask(saliency_map, SaliencyConfig(border_radius_px=0))

    assert mask[10, 10] == 0
    assert mask[20, 10] == 2
    assert mask[50, 50] == 1


def test_the_frayed_border_is_taken_off_and_the_body_stays():
    body = np.zeros((60, 80), np.uint8)
    body[20:40, 20:60] = 255
    frayed = body.copy()
    frayed[10:20, 30] = 255  # a thread from the border
    frayed[39, 60:70] = 255
    config = SaliencyConfig(border_radius_px=2)
    mask = pseudo_mask(frayed, config) > 0

    disc = np.add.outer(np.arange(-2, 3) ** 2, np.arange(-2, 3) ** 2) <= 4
    disc[0] = disc[-1] = [False, False, True, False, False]
    assert not mask[10:19, 30].any()
    assert not mask[39, 62:70].any()
    assert (mask & (body > 0)).sum() >= 0.99 * (body > 0).sum()
    assert not (mask & ~ndimage.binary_dilation(body > 0, disc)).any()


def test_an_object_at_the_border_of_the_image_is_not_eaten_there():
    saliency_map = np.zeros((40, 60), np.uint8)
    saliency_map[20:, 10:40] = 255
    mask = pseudo_mask(saliency_map, SaliencyConfig())
    assert mask[39, 10:40].all()


def test_objects_beyond_the_last_label_are_dropped():
    saliency_map = np.zeros((40, 60), np.uint8)
    saliency_map[::2, ::3] = 255
    saliency_map[::4, 1::3] = 255
    # 200 components of two pixels, then 200 of one: in either group the first in reading order come first.
    expected = naive_components(saliency_map)
    expected[expected > MAX_OBJECTS] = 0

    np.testing.assert_array_equal(pseudo_mask(saliency_map, EVERY_PIXEL), expected)
    assert expected.max() == MAX_OBJECTS == 254


def test_a_mask_repeats_and_leaves_its_map_alone():
    saliency_map = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)
    before = saliency_map.copy()
    first = pseudo_mask(saliency_map, SaliencyConfig(border_radius_px=1))

    np.testing.assert_array_equal(saliency_map, before)
    np.testing.assert_array_equal(pseudo_mask(saliency_map, SaliencyConfig(border_radius_px=1)), first)


@settings(max_examples=50)
@given(small_maps, st.integers(0, 255))
def test_confidence_is_the_contrast_of_inside_and_outside(saliency_map, level):
    mask = (saliency_map > level).astype(np.uint8)
    inside = [int(value) for value, label in zip(saliency_map.flat, mask.flat, strict=True) if label]
    outside = [int(value) for value, label in zip(saliency_map.flat, mask.flat, strict=True) if not label]
    if inside and outside:
        expected = (sum(inside) / len(inside) - sum(outside) / len(outside)) / 255
        assert mask_confidence(saliency_map, mask) == pytest.approx(expected)
        assert mask_confidence(saliency_map, 1 - mask) == 0.0  # the outside is the brighter
    else:
        assert mask_confidence(saliency_map, mask) == 0.0


def test_confidence_counts_every_object_as_inside():
    saliency_map = np.array([[255, 204, 51, 0]], np.uint8)
    assert mask_confidence(saliency_map, np.array([[1, 2, 0, 0]], np.uint8)) == pytest.approx(0.8)
    assert mask_confidence(saliency_map, np.array([[1, 1, 1, 1]], np.uint8)) == 0.0
