"""What every segmenter keeps to, and what is counted of its maps."""

import subprocess
import sys
from dataclasses import FrozenInstanceError

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import (
    SuperpixelStatistics,
    superpixel_map,
    superpixel_statistics,
)

SEGMENTERS = ("fast-slic", "skimage-slic", "watershed")


def photograph(name: str = "astronaut") -> np.ndarray:
    return cv2.resize(getattr(skimage.data, name)(), (120, 90), interpolation=cv2.INTER_AREA)


def assert_dense_and_connected(labels: np.ndarray, height: int, width: int) -> None:
    assert (labels.dtype, labels.shape) == (np.uint16, (height, width))
    present = np.unique(labels)
    np.testing.assert_array_equal(present, np.arange(len(present)))
    assert [ndimage.label(labels == label)[1] for label in present] == [1] * len(present)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket"])
@pytest.mark.parametrize("segmenter", SEGMENTERS)
def test_a_photograph_is_divided_into_connected_regions(segmenter, name):
    frame = photograph(name)
    labels = superpixel_map(frame, SuperpixelConfig(segmenter=segmenter))
    assert_dense_and_connected(labels, 90, 120)
    assert 20 < labels.max() < 2000
    np.testing.assert_array_equal(labels, superpixel_map(frame, SuperpixelConfig(segmenter=segmenter)))
    np.testing.assert_array_equal(frame, photograph(name))


@settings(max_examples=60)
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    config=st.sampled_from(
        [
            SuperpixelConfig(segmenter="skimage-slic", num_superpixels=1),
            SuperpixelConfig(segmenter="skimage-slic", num_superpixels=30, min_size=0, sigma=0),
            SuperpixelConfig(segmenter="skimage-slic", num_superpixels=32_767, compactness=0.1),
            SuperpixelConfig(segmenter="watershed", basin_depth=0, sigma=0),
            SuperpixelConfig(segmenter="watershed", basin_compactness=1),
            SuperpixelConfig(segmenter="watershed", basin_depth=100),
        ]
    ),
    seed=st.integers(0, 1000),
)
def test_noise_of_any_size_is_divided_into_connected_regions(height, width, config, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert_dense_and_connected(superpixel_map(frame, config), height, width)


@pytest.mark.parametrize("segmenter", SEGMENTERS)
def test_each_colour_gets_superpixels_of_its_own(segmenter):
    frame = np.full((40, 60, 3), 20, np.uint8)
    frame[:, 30:] = (255, 0, 0)
    labels = superpixel_map(frame, SuperpixelConfig(segmenter=segmenter, sigma=0))
    # The gradient is highest on both sides of the edge: the watershed may be a pixel off.
    left, right = labels[:, :29], labels[:, 31:]
    assert not np.intersect1d(left, right).size


@pytest.mark.parametrize("segmenter", SEGMENTERS)
def test_the_frame_is_blurred_as_configured(segmenter):
    maps = [superpixel_map(photograph(), SuperpixelConfig(segmenter=segmenter, sigma=s)) for s in (0, 1, 3)]
    assert not np.array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[1], maps[2])


def test_segmenters_label_differently():
    maps = [superpixel_map(photograph(), SuperpixelConfig(segmenter=segmenter)) for segmenter in SEGMENTERS]
    assert len({labels.tobytes() for labels in maps}) == 3


@pytest.mark.parametrize("asked", [1, 30, 300])
def test_scikit_image_makes_about_as_many_as_asked_for(asked):
    config = SuperpixelConfig(segmenter="skimage-slic", num_superpixels=asked)
    assert 0.7 * asked <= superpixel_map(photograph(), config).max() + 1 <= 1.3 * asked


def test_compactness_makes_scikit_images_superpixels_squarer():
    def border_px(compactness: float) -> int:
        config = SuperpixelConfig(segmenter="skimage-slic", compactness=compactness)
        labels = superpixel_map(photograph(), config).astype(int)
        return np.count_nonzero(np.diff(labels, axis=0)) + np.count_nonzero(np.diff(labels, axis=1))

    assert border_px(100) < border_px(1)


SEGMENTER_ALONE = """
import sys
import numpy as np
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map
superpixel_map(np.zeros((20, 20, 3), np.uint8), SuperpixelConfig())
print(*sorted({name.split(".")[0] for name in sys.modules} & {"skimage", "fast_slic"}))
"""


def test_a_segmenter_loads_no_other():
    done = subprocess.run([sys.executable, "-c", SEGMENTER_ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["fast_slic"]


def test_statistics_of_a_known_map():
    labels = np.array([[0, 0, 0, 1], [0, 0, 2, 2]], np.uint16)
    statistics = superpixel_statistics(labels)

    assert statistics == SuperpixelStatistics(num_superpixels=3, smallest_px=1, mean_px=8 / 3)
    with pytest.raises(FrozenInstanceError):
        statistics.smallest_px = 0
