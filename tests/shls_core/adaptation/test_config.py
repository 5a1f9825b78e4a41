"""The configuration of adaptation."""

import pytest
from pydantic import ValidationError

from shls_core.adaptation.config import AdaptationConfig


def test_a_bare_off_of_yaml_is_off():
    assert AdaptationConfig(mode=False).mode == "off"
    with pytest.raises(ValidationError):
        AdaptationConfig(mode=True)
