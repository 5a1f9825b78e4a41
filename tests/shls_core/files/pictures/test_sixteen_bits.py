"""Rounding to 8 bits, for every value."""

import numpy as np
import pytest

from shls_core.files.pictures.sixteen_bits import to_eight_bits


@pytest.mark.parametrize("largest", [1, 3, 1023, 4095, 65535])
def test_every_value_is_rounded(largest):
    values = np.arange(largest + 1, dtype=np.uint16)
    np.testing.assert_array_equal(to_eight_bits(values, largest), np.rint(values * 255.0 / largest))


def test_values_beyond_the_largest_are_white():
    assert to_eight_bits(np.array([1023, 1024, 65535], np.uint16), 1023).tolist() == [255, 255, 255]


def test_bands_change_nothing(monkeypatch):
    from shls_core.files.pictures import sixteen_bits

    wide = np.random.default_rng(0).integers(0, 65536, (50, 7, 3), dtype=np.uint16)
    whole = to_eight_bits(wide)
    monkeypatch.setattr(sixteen_bits, "_BAND_SAMPLES", 100)
    np.testing.assert_array_equal(to_eight_bits(wide), whole)
