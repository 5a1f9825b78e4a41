import pytest
from pydantic import ValidationError

from shls_core.superpixels.config import SuperpixelConfig


@pytest.mark.parametrize(
    "wrong",
    [
        {"num_superpixels": 0},
        {"num_superpixels": 32_768},
        {"compactness": 0},
        {"sigma": -1},
        {"min_size": 1.5},
        {"basin_depth": -1, "segmenter": "watershed"},
        {"segmenter": "slic"},
        {"number": 3},
    ],
)
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        SuperpixelConfig(**wrong)


@pytest.mark.parametrize(
    ("segmenter", "name"),
    [
        ("watershed", "num_superpixels"),
        ("watershed", "compactness"),
        ("watershed", "min_size"),
        ("fast-slic", "basin_depth"),
        ("skimage-slic", "basin_compactness"),
    ],
)
def test_a_setting_that_the_segmenter_does_not_read_is_refused(segmenter, name):
    with pytest.raises(ValidationError, match=f"expected no {name}, which the segmenter {segmenter} does"):
        SuperpixelConfig(**{"segmenter": segmenter, name: 1})


@pytest.mark.parametrize("segmenter", ["fast-slic", "skimage-slic", "watershed"])
def test_a_configuration_survives_being_written_out_in_full(segmenter):
    config = SuperpixelConfig(segmenter=segmenter, sigma=2)
    assert SuperpixelConfig(**config.model_dump()) == config
    assert config.is_adaptive == (segmenter == "watershed")
