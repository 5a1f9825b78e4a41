import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.division import division
from shls_core.superpixels.superpixel_map import superpixel_map


def noise(height=96, width=128):
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_superpixels_have_the_area_that_the_paper_found_best():
    assert 3600 < int(division()(noise(480, 854)).max()) + 1 < 4400
    assert 25 < int(division(num_superpixels=50)(noise()).max()) + 1 < 75


def test_frames_are_divided_as_the_configuration_says_but_for_its_number():
    config = SuperpixelConfig(compactness=5, num_superpixels=7)
    asked = config.model_copy(update={"num_superpixels": 60})
    np.testing.assert_array_equal(division(config, 60)(noise()), superpixel_map(noise(), asked))


def test_a_number_that_would_be_ignored_is_refused():
    watershed = SuperpixelConfig(segmenter="watershed")
    with pytest.raises(InputError, match=r"expected no number of superpixels with watershed, .* got 60"):
        division(watershed, 60)
    assert division(watershed)(noise()).shape == (96, 128)
