import itertools
import math

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.rbd import (
    background_probability,
    background_weighted_contrast,
    boundary_connectivity,
    optimised_saliency,
    rbd_saliency,
)
from shls_core.saliency.region_graph import neighbour_pairs
from shls_core.superpixels.config import SuperpixelConfig

CONFIG = SaliencyConfig()
GREEN, RED = (40, 90, 40), (200, 30, 30)


def field_with(rows: slice, columns: slice, shape: tuple[int, int] = (90, 120)) -> np.ndarray:
    """A red object on a green field."""
    image = np.full((*shape, 3), GREEN, np.uint8)
    image[rows, columns] = RED
    return image


def photograph(name: str = "astronaut", size: tuple[int, int] = (200, 150)) -> np.ndarray:
    return cv2.resize(getattr(skimage.data, name)(), size, interpolation=cv2.INTER_AREA)


def random_graph(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Colour distances, edges, border flags and centres of a 3x4 grid; two of its colours are equal."""
    rng = np.random.default_rng(seed)
    colours = rng.uniform(0, 40, (12, 3))
    colours[1] = colours[0]
    distances = np.linalg.norm(colours[:, np.newaxis] - colours, axis=2)
    grid = np.arange(12, dtype=np.uint16).reshape(3, 4)
    on_border = np.ones(12, bool)
    on_border[grid[1, 1:3]] = False
    return distances, neighbour_pairs(grid), on_border, rng.uniform(0, 1, (12, 2))


# The whole method


def test_an_object_in_a_field_stands_out():
    saliency = rbd_saliency(field_with(slice(30, 60), slice(40, 80)), CONFIG)

    assert saliency.dtype == np.uint8
    assert saliency[35:55, 45:75].min() > 240
    outside = np.ones(saliency.shape, bool)
    outside[28:62, 38:82] = False
    assert saliency[outside].max() < 30


def test_an_object_that_touches_the_border_still_stands_out():
    saliency = rbd_saliency(field_with(slice(40, 90), slice(40, 80)), CONFIG)

    assert saliency[45:88, 45:75].min() > 150
    assert saliency[:, :35].max() < 50


def test_what_fills_most_of_the_border_is_background_whatever_its_colour():
    image = field_with(slice(30, 60), slice(40, 80))
    swapped = np.where((image == GREEN).all(axis=2, keepdims=True), RED, GREEN).astype(np.uint8)
    assert rbd_saliency(swapped, CONFIG)[45, 60] == 255
    assert rbd_saliency(swapped, CONFIG)[5, 5] < 30


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_image_of_one_colour_has_no_saliency(grey):
    assert not rbd_saliency(np.full((60, 80, 3), grey, np.uint8), CONFIG).any()


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_photographs_use_the_whole_range_and_repeat_bit_for_bit(name):
    image = photograph(name)
    saliency = rbd_saliency(image, CONFIG)

    assert (saliency.min(), saliency.max()) == (0, 255)
    np.testing.assert_array_equal(rbd_saliency(image.copy(), CONFIG), saliency)


def test_the_rocket_is_found():
    saliency = rbd_saliency(skimage.data.rocket(), CONFIG)
    # The rocket stands upright in the middle, in the night sky.
    assert saliency[150:300, 315:325].mean() > saliency[150:300, :200].mean() + 100


def test_the_map_has_the_size_of_the_image_and_is_computed_at_working_size():
    image = photograph(size=(400, 300))
    config = SaliencyConfig(working_side_px=200)
    small = cv2.resize(image, (200, 150), interpolation=cv2.INTER_AREA)
    saliency = rbd_saliency(image, config)

    assert saliency.shape == (300, 400)
    np.testing.assert_array_equal(
        saliency, cv2.resize(rbd_saliency(small, config), (400, 300), interpolation=cv2.INTER_LINEAR)
    )


def test_the_map_is_constant_inside_a_superpixel_at_working_size():
    saliency = rbd_saliency(photograph(), SaliencyConfig(superpixels=SuperpixelConfig(num_superpixels=20)))
    assert len(np.unique(saliency)) <= 20


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (3, 2), (17, 5)])
def test_tiny_images_have_a_map(height, width):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert rbd_saliency(image, CONFIG).shape == (height, width)


# Its parts, against loops written from the paper


def naive_boundary_connectivity(
    distances: np.ndarray, edges: np.ndarray, on_border: np.ndarray, sigma: float
) -> list[float]:
    num = len(distances)
    geodesic = [[0.0 if i == j else math.inf for j in range(num)] for i in range(num)]
    border_pairs = itertools.combinations([i for i in range(num) if on_border[i]], 2)
    for i, j in [*edges.tolist(), *border_pairs]:
        geodesic[i][j] = geodesic[j][i] = distances[i][j]
    for middle, i, j in itertools.product(range(num), repeat=3):
        geodesic[i][j] = min(geodesic[i][j], geodesic[i][middle] + geodesic[middle][j])
    result = []
    for i in range(num):
        weights = [math.exp(-(geodesic[i][j] ** 2) / (2 * sigma**2)) for j in range(num)]
        length = sum(weight for j, weight in enumerate(weights) if on_border[j])
        result.append(length / math.sqrt(sum(weights)))
    return result


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), sigma=st.floats(2, 20))
def test_boundary_connectivity_follows_the_best_ways(seed, sigma):
    distances, edges, on_border, _ = random_graph(seed)
    np.testing.assert_allclose(
        boundary_connectivity(distances, edges, on_border, sigma),
        naive_boundary_connectivity(distances, edges, on_border, sigma),
    )


def test_boundary_connectivity_of_one_colour_is_border_over_root_of_area():
    _, edges, on_border, _ = random_graph(0)
    connectivity = boundary_connectivity(np.zeros((12, 12)), edges, on_border, 10.0)
    np.testing.assert_allclose(connectivity, 10 / math.sqrt(12))


def test_background_cut_apart_stays_one_region():
    """Left and right third of one colour, an object between: each third counts both."""
    grid = np.array([[0, 1, 2]], np.uint16)
    colours = np.array([0.0, 100.0, 0.0])
    distances = np.abs(colours[:, np.newaxis] - colours)
    connectivity = boundary_connectivity(distances, neighbour_pairs(grid), np.ones(3, bool), 10.0)
    np.testing.assert_allclose(connectivity, [2 / math.sqrt(2), 1, 2 / math.sqrt(2)])


def test_background_probability_rises_from_0_to_1():
    probability = background_probability(np.array([0.0, 1.0, 10.0]), sigma=1.0)
    np.testing.assert_allclose(probability, [0.0, 1 - math.exp(-0.5), 1.0])


@settings(max_examples=15)
@given(seed=st.integers(0, 1000))
def test_contrast_is_the_weighted_sum_of_colour_distances(seed):
    distances, _, _, centres = random_graph(seed)
    background = np.random.default_rng(seed).uniform(0, 1, 12)
    sums = []
    for i in range(12):
        total = 0.0
        for j in range(12):
            apart = math.dist(centres[i], centres[j])
            total += distances[i][j] * math.exp(-(apart**2) / (2 * 0.25**2)) * background[j]
        sums.append(total)
    expected = [(value - min(sums)) / (max(sums) - min(sums)) for value in sums]

    np.testing.assert_allclose(
        background_weighted_contrast(distances, centres, background, 0.25), expected, atol=1e-12
    )


def naive_cost(
    saliency: np.ndarray,
    distances: np.ndarray,
    edges: np.ndarray,
    background: np.ndarray,
    foreground: np.ndarray,
) -> float:
    cost = 0.0
    for i, value in enumerate(saliency):
        cost += 5.0 * background[i] * value**2 + foreground[i] * (value - 1) ** 2
    for i, j in edges:
        cost += (math.exp(-(distances[i][j] ** 2) / 200) + 0.1) * (saliency[i] - saliency[j]) ** 2
    return cost


@settings(max_examples=15)
@given(seed=st.integers(0, 1000))
def test_no_other_saliency_costs_less(seed):
    rng = np.random.default_rng(seed)
    distances, edges, _, _ = random_graph(seed)
    terms = (distances, edges, rng.uniform(0, 1, 12), rng.uniform(0, 1, 12))
    saliency = optimised_saliency(*terms, CONFIG)

    least = naive_cost(saliency, *terms)
    for superpixel, step in itertools.product(range(12), (-1e-3, 1e-3)):
        moved = saliency.copy()
        moved[superpixel] += step
        assert naive_cost(moved, *terms) > least
    assert 0 <= saliency.min() <= saliency.max() <= 1


def test_a_region_the_cues_say_nothing_about_takes_after_its_neighbour():
    distances = np.array([[0.0, 0.0, 50.0], [0.0, 0.0, 50.0], [50.0, 50.0, 0.0]])
    edges = np.array([[0, 1], [1, 2]])
    saliency = optimised_saliency(
        distances, edges, np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]), CONFIG
    )
    assert saliency[0] - saliency[1] < 0.2 * (saliency[1] - saliency[2])


def test_settings_out_of_bounds_are_refused():
    for name in ("colour_sigma", "spatial_sigma", "smoothness", "background_weight"):
        with pytest.raises(ValidationError):
            SaliencyConfig(**{name: 0})
    with pytest.raises(ValidationError):
        SaliencyConfig(min_component_share=1)
