import cv2
import numpy as np
import pytest
import skimage.data

from shls_core.saliency.config import SaliencyConfig, SharpeningConfig
from shls_core.saliency.rbd import rbd_saliency
from shls_core.saliency.sharpening import sharpened

CONFIG = SharpeningConfig()


def noisy_disc():
    """A red disc on green, both noisy, and the coarse map of it: blocks of 12 px."""
    rows, columns = np.mgrid[:120, :160]
    truth = (rows - 60) ** 2 + (columns - 80) ** 2 < 35**2
    image = np.where(truth[..., None], (200, 40, 30), (40, 110, 50)).astype(np.int64)
    image += np.random.default_rng(0).integers(-15, 16, image.shape)
    blocks = cv2.resize((truth * 255).astype(np.uint8), (14, 10), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(blocks, (160, 120), interpolation=cv2.INTER_NEAREST)
    return image.clip(0, 255).astype(np.uint8), coarse, truth


def overlap(mask, truth):
    return (mask & truth).sum() / (mask | truth).sum()


def test_the_edge_of_the_map_moves_to_the_edge_of_the_object():
    image, coarse, truth = noisy_disc()
    sharp = sharpened(image, coarse, SharpeningConfig(sure_foreground=0.9))
    assert overlap(coarse > 127, truth) < 0.93
    assert overlap(sharp > 127, truth) > 0.97


def test_the_order_of_the_map_is_kept_on_either_side_of_the_edge():
    image, coarse, _ = noisy_disc()
    sharp = sharpened(image, coarse, CONFIG)
    inside = sharp.astype(int) == (coarse.astype(int) + 256) // 2
    outside = sharp.astype(int) == (coarse.astype(int) + 1) // 2
    assert (inside ^ outside).all()
    assert inside.any()
    assert outside.any()


def test_a_photograph_repeats_whatever_was_drawn_at_random_before_and_on_any_number_of_threads():
    image = cv2.resize(skimage.data.chelsea(), (225, 150), interpolation=cv2.INTER_AREA)
    coarse = rbd_saliency(image, SaliencyConfig())
    first = sharpened(image, coarse, CONFIG)
    threads = cv2.getNumThreads()
    try:
        for count in (1, 3):
            cv2.setNumThreads(count)
            cv2.setRNGSeed(count + 100)
            np.testing.assert_array_equal(sharpened(image.copy(), coarse.copy(), CONFIG), first)
    finally:
        cv2.setNumThreads(threads)


def test_what_it_is_given_is_left_alone():
    image, coarse, _ = noisy_disc()
    before = image.copy(), coarse.copy()
    sharpened(image, coarse, CONFIG)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(coarse, before[1])


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_constant_map_stays(value):
    image, coarse, _ = noisy_disc()
    constant = np.full_like(coarse, value)
    np.testing.assert_array_equal(sharpened(image, constant, CONFIG), constant)


def test_it_can_be_left_out():
    image, coarse, _ = noisy_disc()
    np.testing.assert_array_equal(sharpened(image, coarse, SharpeningConfig(side_px=0)), coarse)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (2, 1), (3, 3), (1, 300), (17, 5)])
def test_tiny_and_narrow_images_work(height, width):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    coarse = rng.integers(0, 256, (height, width), dtype=np.uint8)
    assert sharpened(image, coarse, CONFIG).shape == (height, width)


def test_an_image_of_one_colour_does_not_stop_it():
    _, coarse, _ = noisy_disc()
    sharp = sharpened(np.full((120, 160, 3), 90, np.uint8), coarse, CONFIG)
    assert sharp[60, 80] > 200
    assert sharp[0, 0] == 0
