import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shls_core.photographs.crops import Box, CropConfig, crop, draw_crop

CONFIG = CropConfig(crops_per_image=1, min_side_share=0.4, max_side_share=0.9)


@settings(max_examples=60)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(0, 2**32))
def test_a_crop_is_a_square_inside_the_photograph(height, width, seed):
    box = draw_crop(height, width, CONFIG, np.random.default_rng(seed))
    assert 0 <= box.top < box.bottom <= height
    assert 0 <= box.left < box.right <= width
    side = box.bottom - box.top
    assert side == box.right - box.left
    assert 0.4 * min(height, width) - 1 <= side <= 0.9 * min(height, width) + 1


def test_every_place_can_be_drawn():
    rng = np.random.default_rng(0)
    whole_side = CropConfig(crops_per_image=1, min_side_share=1, max_side_share=1)
    assert {draw_crop(4, 6, whole_side, rng).left for _ in range(50)} == {0, 1, 2}


def test_a_crop_holds_the_pixels_of_its_box():
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    part = crop(image, Box(1, 2, 4, 6))
    assert part.flags.c_contiguous
    np.testing.assert_array_equal(part, image[1:4, 2:6])


def test_sides_in_the_wrong_order_are_refused():
    with pytest.raises(ValidationError, match=r"got 0\.8 > 0\.3"):
        CropConfig(min_side_share=0.8, max_side_share=0.3)
