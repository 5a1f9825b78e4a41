import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.synthesis.layers import LayeredMasks, overlap

ONES = np.ones((4, 4), dtype=np.uint8)


def start() -> LayeredMasks:
    """Two frames of 8x8; object 1 is a 4x4 square in the first alone."""
    masks = np.zeros((2, 8, 8), dtype=np.uint8)
    masks[0, 2:6, 2:6] = 1
    return LayeredMasks(masks, num_objects=1)


@settings(max_examples=100)
@given(
    top=st.integers(-12, 12), left=st.integers(-12, 12), height=st.integers(1, 12), width=st.integers(1, 12)
)
def test_both_sides_of_an_overlap_are_the_same_pixels(top, left, height, width):
    in_frame, in_box = overlap((top, left, top + height, left + width), frame_size=8)
    expected = {
        (row, column)
        for row in range(top, top + height)
        for column in range(left, left + width)
        if 0 <= row < 8 and 0 <= column < 8
    }
    numbers = np.arange(64).reshape(8, 8)[in_frame]
    assert {divmod(number, 8) for number in numbers.ravel().tolist()} == expected
    box = np.arange(height * width).reshape(height, width)[in_box]
    assert box.shape == numbers.shape
    from_box = {(top + number // width, left + number % width) for number in box.ravel().tolist()}
    assert from_box == expected


def test_a_paste_hides_what_is_below_and_nothing_else():
    layers = start()
    boxes = [(0, 0, 4, 4), (6, 6, 10, 10)]
    np.testing.assert_array_equal(layers.hidden_areas([ONES, ONES], boxes), [[4], [0]])

    layers.paste([ONES, ONES], boxes)
    assert layers.num_objects == 2
    np.testing.assert_array_equal(layers.full_areas, [[16, 16], [0, 4]])
    np.testing.assert_array_equal(layers.visible_areas, [[12, 16], [0, 4]])
    np.testing.assert_array_equal(np.bincount(layers.masks[0].ravel()), [36, 12, 16])
    assert layers.masks[0, 3, 3] == 2
    assert np.all(layers.masks[1, 6:, 6:] == 2)


def test_areas_are_kept_up_to_date_over_several_pastes():
    rng = np.random.default_rng(0)
    layers = start()
    for _ in range(5):
        silhouettes = [(rng.random((4, 5)) < 0.7).astype(np.uint8) for _ in range(2)]
        corners = rng.integers(-3, 8, size=(2, 2)).tolist()
        layers.paste(silhouettes, [(top, left, top + 4, left + 5) for top, left in corners])
    counts = [np.bincount(mask.ravel(), minlength=7)[1:] for mask in layers.masks]
    np.testing.assert_array_equal(layers.visible_areas, counts)
