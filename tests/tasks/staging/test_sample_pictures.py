"""Pictures of samples: what is drawn where, at which size."""

import numpy as np
import pytest

from tasks.staging.sample_pictures import SIDE_PX, fitted, with_mask, with_superpixels

GREY = np.full((10, 20, 3), 100, np.uint8)


def test_objects_are_tinted_and_outlined_and_the_rest_is_left():
    mask = np.zeros((10, 20), np.uint8)
    mask[:, 10:] = 2
    drawn = with_mask(GREY, mask)
    assert drawn.shape == (SIDE_PX // 2, SIDE_PX, 3)
    assert (drawn[:, : SIDE_PX // 2 - 2] == 100).all()
    assert (drawn[10:-10, SIDE_PX // 2 + 4 : -10] != 100).any(axis=-1).all()
    assert (drawn == 255).all(axis=-1).any()


def test_more_objects_than_colours_are_drawn():
    with_mask(GREY, np.arange(200).reshape(10, 20).astype(np.uint8))


def test_every_border_between_superpixels_is_drawn_and_nothing_else():
    labels = np.zeros((16, 16), np.uint16)
    labels[8:] = 300
    drawn = with_superpixels(np.zeros((16, 16, 3), np.uint8), labels)
    rows = np.flatnonzero(drawn.any(axis=(1, 2)))
    assert rows.tolist() == [SIDE_PX // 2 - 1]
    assert drawn[rows[0]].any(axis=-1).all()


@pytest.mark.parametrize("side_px", [7, 20, 240])
def test_a_picture_comes_at_the_side_that_was_asked_for(side_px):
    for drawn in (fitted(GREY, side_px), with_mask(GREY, np.ones((10, 20), np.uint8), side_px)):
        assert drawn.shape == (round(side_px / 2), side_px, 3)
