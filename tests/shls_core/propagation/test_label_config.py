import pytest
from pydantic import ValidationError

from shls_core.propagation.label_config import LabelPropagationConfig


def test_defaults_are_those_of_dul():
    config = LabelPropagationConfig()
    assert (config.context, config.radius, config.neighbours, config.temperature) == (20, 12.0, 10, 0.05)
    assert config.first_frame_unrestricted


@pytest.mark.parametrize(
    ("key", "value"),
    [("neighbours", 0), ("neighbours", "most"), ("radius", 0), ("temperature", 0), ("context", -1)],
)
def test_values_out_of_bounds_are_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        LabelPropagationConfig(**{key: value})


def test_every_frame_has_a_reference():
    assert LabelPropagationConfig(references=(-1, -3)).references == (-1, -3)
    assert LabelPropagationConfig(references="all").references == "all"
    for references in ((), (5, -2)):
        with pytest.raises(ValidationError, match="references"):
            LabelPropagationConfig(references=references)


def test_all_cells_may_be_neighbours():
    assert LabelPropagationConfig(neighbours="all").neighbours == "all"
