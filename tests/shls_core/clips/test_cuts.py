import numpy as np
import pytest

from shls_core.clips.changes import change, colour_histogram
from shls_core.clips.config import ClipsConfig
from shls_core.clips.cuts import cuts

CONFIG = ClipsConfig()
ZEROS, HALF = "0" * 16, "f" * 8 + "0" * 8  # they differ in 32 bits


def plain(colour):
    return np.full((48, 64, 3), colour, np.uint8)


def test_change_is_one_minus_the_share_of_common_colours():
    halves = np.concatenate([plain((250, 10, 10)), plain((10, 10, 250))], axis=1)
    red, blue, both = map(colour_histogram, (plain((250, 10, 10)), plain((10, 10, 250)), halves))
    assert (change(red, red), change(red, blue)) == (0, 1)
    assert change(red, both) == pytest.approx(0.5)
    assert red.sum() == pytest.approx(1)


def test_a_change_is_a_cut_if_it_stands_out():
    assert cuts([0.0, 0.1, 0.1, 0.5, 0.1, 0.1], [None] * 6, CONFIG) == [3]
    assert cuts([0.0, 0.1, 0.1, 0.44, 0.1, 0.1], [None] * 6, CONFIG) == []
    assert cuts([0.0, 0.2, 0.2, 0.5, 0.2, 0.2], [None] * 6, CONFIG) == []  # all of it changes much
    assert cuts([0.0, 0.9], [None] * 2, CONFIG) == [1]


def test_another_picture_is_a_cut_at_a_smaller_change():
    changes = [0.0, 0.1, 0.1, 0.35, 0.1, 0.1]
    assert cuts(changes, [ZEROS] * 3 + [HALF] * 3, CONFIG) == [3]
    assert cuts(changes, [ZEROS] * 6, CONFIG) == []
    assert cuts(changes, [ZEROS] * 3 + [None] * 3, CONFIG) == []
    restless = [0.0, 0.3, 0.3, 0.35, 0.3, 0.3]
    assert cuts(restless, [ZEROS] * 3 + [HALF] * 3, CONFIG) == []


def test_frames_that_do_not_follow_are_always_cut():
    assert cuts([0.0, 0.9, 0.9, 1.0, 0.9, 0.9], [None] * 6, CONFIG) == [3]


def test_the_first_frame_is_never_cut_off():
    assert cuts([1.0, 0.1, 0.1], [None] * 3, CONFIG) == []
    assert cuts([], [], CONFIG) == []
