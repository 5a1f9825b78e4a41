"""What a mask looks like over a frame."""

import numpy as np

from shls_core.video.overlay import overlay


def test_background_keeps_its_colours_objects_get_tint_and_outline():
    frame = np.full((9, 9, 3), 100, np.uint8)
    mask = np.zeros((9, 9), np.uint8)
    mask[2:7, 2:7] = 1
    drawn = overlay(frame, mask)
    assert (drawn[mask == 0] == 100).all()
    assert (drawn[2, 2:7] == 255).all()
    # 55 % of 100 and 45 % of (128, 0, 0).
    assert np.abs(drawn[4, 4].astype(int) - [113, 55, 55]).max() <= 1
    assert (frame == 100).all()


def test_neighbouring_objects_have_an_outline_between_them():
    mask = np.array([[1, 1, 1, 2, 2, 2]], np.uint8)
    drawn = overlay(np.zeros((1, 6, 3), np.uint8), mask)
    assert (drawn[0, 2:4] == 255).all()
    assert (drawn[0, [0, 1, 4, 5]] < 255).all()
