import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.synthesis import geometry
from shls_core.synthesis.config import SynthesisConfig

UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def test_transforms_move_known_points():
    point = np.array([[2.0, 1.0]])
    cases = [
        (geometry.translation(3.0, -1.0), (5, 0)),
        (geometry.scaling(2.0, 10.0), (4, 10)),
        (geometry.rotation(90.0), (-1, 2)),
        (geometry.shear(45.0), (3, 1)),
        (geometry.about((2.0, 1.0), geometry.rotation(77.0)), (2, 1)),
    ]
    for matrix, expected in cases:
        np.testing.assert_allclose(geometry.transform_points(matrix, point)[0], expected, atol=1e-12)


def test_compose_applies_the_first_step_first():
    point = np.array([[1.0, 1.0]])
    combined = geometry.compose(geometry.translation(1.0, 0.0), geometry.scaling(3.0, 3.0))
    np.testing.assert_allclose(geometry.transform_points(combined, point), [[6.0, 3.0]])


@settings(max_examples=40)
@given(shifts=st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8))
def test_a_homography_takes_the_corners_where_they_should_go(shifts):
    corners = UNIT_SQUARE + np.array(shifts).reshape(4, 2)
    matrix = geometry.square_to_quadrilateral(corners)
    np.testing.assert_allclose(geometry.transform_points(matrix, UNIT_SQUARE), corners, atol=1e-12)

    extent = (-3.0, 2.0, 7.0, 4.0)
    matrix = geometry.extent_to_quadrilateral(extent, corners)
    moved = geometry.transform_points(matrix, geometry.extent_corners(extent))
    np.testing.assert_allclose(moved, corners, atol=1e-12)


def test_extents():
    extent = geometry.extent_of(np.array([[3.0, 1.0], [-1.0, 5.0], [0.0, 0.0]]))
    assert extent == (-1.0, 0.0, 3.0, 5.0)
    assert geometry.centre_of(extent) == (1.0, 2.5)
    assert geometry.pixel_extent(2, 4) == (-0.5, -0.5, 3.5, 1.5)


def test_a_drawn_affine_stays_in_its_ranges():
    always = {"augmentation_probability": 1.0, "frame_size": 128}
    rng = np.random.default_rng(0)
    for _ in range(50):
        turned = geometry.draw_affine(("rotation",), SynthesisConfig(**always), rng)
        assert abs(math.degrees(math.atan2(turned[1, 0], turned[0, 0]))) <= 30
        sheared = geometry.draw_affine(("shear",), SynthesisConfig(**always), rng)
        assert abs(math.degrees(math.atan(sheared[0, 1]))) <= 15
        scaled = geometry.draw_affine(("scale",), SynthesisConfig(**always), rng)
        assert all(0.8 <= factor <= 1.2 for factor in (scaled[0, 0], scaled[1, 1]))
        shifted = geometry.draw_affine(("translation",), SynthesisConfig(**always), rng)
        assert np.abs(shifted[:2, 2]).max() <= 7.5


def test_each_step_happens_with_its_probability():
    rng = np.random.default_rng(0)
    never = SynthesisConfig(augmentation_probability=0)
    np.testing.assert_array_equal(geometry.draw_affine(geometry.MOTION_STEPS, never, rng), np.eye(3))
    half = [geometry.draw_affine(("rotation",), SynthesisConfig(), rng) for _ in range(400)]
    happened = np.mean([not np.array_equal(matrix, np.eye(3)) for matrix in half])
    assert happened == pytest.approx(0.5, abs=0.08)


def test_a_drawn_homography_moves_corners_by_at_most_a_tenth():
    extent = (0.0, 0.0, 20.0, 10.0)
    corners = geometry.extent_corners(extent)
    rng = np.random.default_rng(0)
    shifts = [
        geometry.transform_points(geometry.draw_homography(extent, SynthesisConfig(), rng), corners) - corners
        for _ in range(100)
    ]
    largest = np.abs(shifts).max(axis=(0, 1))
    assert np.all(largest <= [2 + 1e-9, 1 + 1e-9])
    assert np.all(largest > [1.8, 0.9])
