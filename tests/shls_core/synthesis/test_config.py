import pytest
from pydantic import ValidationError

from shls_core.synthesis.config import SynthesisConfig


def test_every_field_says_what_it_means():
    assert all(field.description for field in SynthesisConfig.model_fields.values())


def test_lengths_scale_with_the_frame():
    assert SynthesisConfig().scaled_px(20.0) == 20
    assert SynthesisConfig(frame_size=128).scaled_px(20.0) == 10


@pytest.mark.parametrize(
    "values",
    [
        {"scale": (1.2, 0.8)},
        {"zoom": (0.0, 1.0)},
        {"min_objects": 4},
        {"clone_probability": 1.5},
        {"num_frames": 1},
        {"frame_sise": 128},
    ],
)
def test_impossible_values_are_refused(values):
    with pytest.raises(ValidationError):
        SynthesisConfig(**values)
