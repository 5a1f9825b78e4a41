import numpy as np
import pytest

from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map


def watershed(frame: np.ndarray, **settings: float) -> np.ndarray:
    return superpixel_map(frame, SuperpixelConfig(segmenter="watershed", **({"sigma": 0} | settings)))


def stripes(*greys: int) -> np.ndarray:
    """Vertical stripes 10 px wide, one for each grey value."""
    return np.repeat(np.tile(np.repeat(greys, 10), (30, 1))[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("num_stripes", [1, 2, 5])
def test_there_are_as_many_superpixels_as_even_places(num_stripes):
    labels = watershed(stripes(*np.linspace(0, 255, num_stripes)))
    assert labels.max() + 1 == num_stripes
    np.testing.assert_array_equal(labels[:, 4::10], np.tile(np.arange(num_stripes), (30, 1)))


def test_shallow_basins_are_no_superpixels_of_their_own():
    frame = stripes(100, 104, 200)  # a step of 4 grey values is about 1.6 Lab units, half of it per px
    assert [int(watershed(frame, basin_depth=depth).max()) + 1 for depth in (0.4, 5, 30)] == [3, 2, 1]


def test_colours_of_one_lightness_are_told_apart():
    frame = np.empty((30, 40, 3), np.uint8)
    frame[:, :20], frame[:, 20:] = (200, 60, 60), (0, 124, 124)
    assert watershed(frame, basin_depth=2).max() + 1 == 2


def test_compactness_makes_basins_rounder():
    frame = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    points = np.stack(np.indices((60, 60)), axis=-1).reshape(-1, 2)

    def spread_px(compactness: float) -> float:
        """Mean squared distance of a pixel from the centre of its superpixel."""
        labels = watershed(frame, sigma=2, basin_compactness=compactness).ravel()
        centres = np.stack([points[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
        return float(np.square(points - centres[labels]).sum(axis=1).mean())

    assert spread_px(100) < 0.9 * spread_px(0)
