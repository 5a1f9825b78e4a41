import colorsys

import numpy as np
import pytest

from shls_core.synthesis import photometric
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.recipe import ColourJitter

ORDER = ("brightness", "contrast", "saturation", "hue")
# Far from 0 and 255, so that a step-by-step jitter does not clip either.
IMAGE = np.random.default_rng(3).integers(90, 140, (12, 10, 3), dtype=np.uint8)


def jitter(order=ORDER, **changes) -> ColourJitter:
    neutral = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue_turns": 0.0}
    return ColourJitter(**(neutral | changes), order=order)


def jittered(image: np.ndarray, change: ColourJitter) -> np.ndarray:
    matrix = photometric.colour_matrix(change, photometric.mean_colour(image))
    return photometric.apply_colour(image, matrix)


def grey(colour) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def step_by_step(image: np.ndarray, change: ColourJitter) -> np.ndarray:
    """Brightness, contrast and saturation by their definitions, one pixel at a time."""
    pixels = [[float(channel) for channel in colour] for colour in image.reshape(-1, 3)]
    for step in change.order:
        mean_grey = sum(grey(colour) for colour in pixels) / len(pixels)
        for colour in pixels:
            own_grey = grey(colour)
            for channel in range(3):
                if step == "brightness":
                    colour[channel] *= change.brightness
                elif step == "contrast":
                    colour[channel] = mean_grey + change.contrast * (colour[channel] - mean_grey)
                elif step == "saturation":
                    colour[channel] = own_grey + change.saturation * (colour[channel] - own_grey)
    return np.array(pixels).reshape(image.shape)


def test_a_neutral_jitter_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    np.testing.assert_array_equal(jittered(image, jitter()), image)


@pytest.mark.parametrize("order", [ORDER, ("hue", "saturation", "contrast", "brightness")])
def test_one_matrix_does_what_the_steps_do(order):
    change = jitter(order, brightness=1.15, contrast=0.8, saturation=1.2)
    difference = jittered(IMAGE, change).astype(float) - step_by_step(IMAGE, change)
    assert np.abs(difference).max() <= 1.0


def test_a_chain_is_one_matrix():
    first, second = jitter(brightness=1.1, saturation=0.8), jitter(contrast=1.2, hue_turns=0.01)
    mean = photometric.mean_colour(IMAGE)
    one = photometric.colour_matrix(first, mean)
    chained = photometric.then(
        one, photometric.colour_matrix(second, photometric.transform_colour(one, mean))
    )
    twice = jittered(jittered(IMAGE, first), second).astype(float)
    assert np.abs(photometric.apply_colour(IMAGE, chained) - twice).max() <= 2.0


def test_hue_turns_the_colour_circle():
    red = np.array([[[200, 20, 20]]], dtype=np.uint8)
    np.testing.assert_array_equal(jittered(red, jitter(hue_turns=1 / 3)), [[[20, 200, 20]]])
    turned = jittered(red, jitter(hue_turns=0.05))[0, 0] / 255
    assert colorsys.rgb_to_hsv(*turned)[0] == pytest.approx(0.05, abs=0.01)


def test_grey_stays_grey_under_saturation_and_hue():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    changed = jittered(greys, jitter(saturation=1.2, hue_turns=0.01))
    np.testing.assert_array_equal(changed, greys)


def test_results_are_clipped():
    white = np.full((2, 2, 3), 250, dtype=np.uint8)
    np.testing.assert_array_equal(jittered(white, jitter(brightness=1.2)), np.full((2, 2, 3), 255))


def test_a_drawn_jitter_stays_in_its_ranges():
    rng = np.random.default_rng(0)
    drawn = [photometric.draw_colour_jitter(SynthesisConfig(), rng) for _ in range(200)]
    for name in ("brightness", "contrast", "saturation"):
        values = [getattr(change, name) for change in drawn]
        assert min(values) >= 0.8
        assert max(values) <= 1.2
        assert max(values) - min(values) > 0.35
    assert max(abs(change.hue_turns) for change in drawn) <= 0.01
    assert all(sorted(change.order) == sorted(ORDER) for change in drawn)
    assert len({change.order for change in drawn}) == 24


def test_the_mean_colour_is_that_of_the_mask():
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    image[0] = (10, 20, 30)
    mask = np.array([[1, 1], [0, 0]], dtype=np.uint8)
    np.testing.assert_allclose(photometric.mean_colour(image, mask), [10, 20, 30])
    np.testing.assert_allclose(photometric.mean_colour(image), [5, 10, 15])
