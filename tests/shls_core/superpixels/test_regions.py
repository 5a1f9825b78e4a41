import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from shls_core.errors import SampleError
from shls_core.superpixels.regions import connected_regions


@settings(max_examples=40)
@given(labels=arrays(np.int64, (6, 7), elements=st.integers(0, 3)))
def test_every_region_gets_a_number_of_its_own(labels):
    regions = connected_regions(labels)
    expected = [part == one for part, number in _parts(labels) for one in range(1, number + 1)]
    assert len(expected) == regions.max() + 1
    assert {mask.tobytes() for mask in expected} == {
        (regions == region).tobytes() for region in range(len(expected))
    }


def _parts(labels):
    return [ndimage.label(labels == label) for label in np.unique(labels)]


def test_corners_do_not_connect():
    np.testing.assert_array_equal(connected_regions(np.eye(2, dtype=int)), [[0, 1], [2, 3]])


def test_more_regions_than_16_bits_can_number_are_refused():
    checkers = np.indices((256, 256)).sum(axis=0) % 2
    assert connected_regions(checkers).max() == 65_535
    more = np.indices((256, 257)).sum(axis=0) % 2
    with pytest.raises(SampleError, match="expected at most 65536 superpixels in a frame, got 65792"):
        connected_regions(more)
