import sys

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from shls_core.errors import MissingComponent
from shls_core.superpixels import slic_fast
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map, superpixel_statistics


def photograph(name: str = "astronaut") -> np.ndarray:
    return cv2.resize(getattr(skimage.data, name)(), (120, 90), interpolation=cv2.INTER_AREA)


def num_regions(labels: np.ndarray) -> int:
    """4-connected regions of all labels together, counted label by label."""
    return sum(ndimage.label(labels == label)[1] for label in np.unique(labels))


def test_each_colour_gets_superpixels_of_its_own():
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[:, 30:] = (255, 0, 0)

    labels = superpixel_map(frame, SuperpixelConfig(num_superpixels=6, sigma=0))

    assert not np.intersect1d(labels[:, :30], labels[:, 30:]).size
    assert len(np.unique(labels)) > 2


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
@pytest.mark.parametrize("num_superpixels", [1, 30, 300, 1000])
def test_labels_of_a_photograph_are_dense_and_connected(name, num_superpixels):
    labels = superpixel_map(photograph(name), SuperpixelConfig(num_superpixels=num_superpixels))

    assert labels.dtype == np.uint16
    assert labels.shape == (90, 120)
    num_labels = int(labels.max()) + 1
    np.testing.assert_array_equal(np.unique(labels), np.arange(num_labels))
    assert num_regions(labels) == num_labels
    assert 0.75 * num_superpixels <= num_labels <= num_superpixels


@settings(max_examples=60)
@given(
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    num_superpixels=st.sampled_from([1, 5, 50, 32_767]),
    min_size=st.sampled_from([0.0, 0.25, 1.0]),
    sigma=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 1000),
)
def test_labels_of_noise_are_dense_and_connected(height, width, num_superpixels, min_size, sigma, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    config = SuperpixelConfig(num_superpixels=num_superpixels, min_size=min_size, sigma=sigma)

    labels = superpixel_map(frame, config)

    np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))
    assert num_regions(labels) == labels.max() + 1


def test_a_frame_is_labelled_alike_whatever_came_before():
    config = SuperpixelConfig()
    first = superpixel_map(photograph(), config)
    superpixel_map(photograph("coffee"), config)

    np.testing.assert_array_equal(superpixel_map(photograph(), config), first)


def test_a_used_slic_object_would_label_differently():
    """The reason for a new object per frame: should this fail, the rule has lost its ground."""
    reused = slic_fast._slic_class()(num_components=300, compactness=20, num_threads=1)
    first = reused.iterate(photograph()).copy()

    assert not np.array_equal(reused.iterate(photograph()), first)


def test_the_frame_is_blurred_first():
    frame = photograph()
    blurred = cv2.GaussianBlur(frame, (0, 0), 1.5)

    np.testing.assert_array_equal(
        superpixel_map(frame, SuperpixelConfig(sigma=1.5)), superpixel_map(blurred, SuperpixelConfig(sigma=0))
    )
    assert not np.array_equal(
        superpixel_map(frame, SuperpixelConfig(sigma=1.5)), superpixel_map(frame, SuperpixelConfig(sigma=0))
    )


def test_the_frame_is_left_as_it_was():
    frame = photograph()
    before = frame.copy()
    superpixel_map(frame, SuperpixelConfig())
    np.testing.assert_array_equal(frame, before)


def test_a_strided_view_is_labelled_like_its_copy():
    frame = photograph()[:, ::-1]
    config = SuperpixelConfig(sigma=0)
    np.testing.assert_array_equal(superpixel_map(frame, config), superpixel_map(frame.copy(), config))


def test_compactness_makes_superpixels_squarer():
    def border_px(compactness: float) -> int:
        labels = superpixel_map(photograph(), SuperpixelConfig(compactness=compactness)).astype(int)
        return np.count_nonzero(np.diff(labels, axis=0)) + np.count_nonzero(np.diff(labels, axis=1))

    assert border_px(100) < border_px(1)


def test_small_regions_join_a_neighbour():
    def smallest_px(min_size: float) -> int:
        labels = superpixel_map(photograph(), SuperpixelConfig(min_size=min_size))
        return superpixel_statistics(labels).smallest_px

    mean_px = 90 * 120 / 300
    assert smallest_px(0) < 0.25 * mean_px <= smallest_px(0.5)


def test_gaps_in_the_numbering_are_closed_in_order():
    labels = np.array([[7, 7, 2], [5, 2, 2]], np.int16)
    np.testing.assert_array_equal(slic_fast._relabelled(labels), [[2, 2, 0], [1, 0, 0]])


def test_without_fast_slic_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_slic", None)
    slic_fast._slic_class.cache_clear()
    try:
        with pytest.raises(MissingComponent, match=r"pip install .*fast-slic==0\.4\.0"):
            superpixel_map(photograph(), SuperpixelConfig())
    finally:
        slic_fast._slic_class.cache_clear()


def test_without_avx2_the_labels_are_the_same(monkeypatch):
    fast = superpixel_map(photograph(), SuperpixelConfig())
    monkeypatch.setitem(sys.modules, "fast_slic.avx2", None)
    slic_fast._slic_class.cache_clear()
    try:
        assert slic_fast._slic_class().__name__ == "Slic"
        np.testing.assert_array_equal(superpixel_map(photograph(), SuperpixelConfig()), fast)
    finally:
        slic_fast._slic_class.cache_clear()
