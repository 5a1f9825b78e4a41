import numpy as np
import pytest

from shls_core.clips.motion import motion_of


def grey(level):
    return np.full((64, 64, 3), level, np.uint8)


def test_a_still_picture_has_no_motion():
    seen = motion_of([grey(100)] * 3)
    assert (seen.motion, seen.moving_share, seen.mean_luma, seen.luma_deviation) == (0, 0, 100, 0)


def test_motion_is_the_mean_difference_and_the_share_of_blocks():
    after = grey(100)
    after[:8, :16] = 110  # two of 64 blocks
    seen = motion_of([grey(100), after])
    assert seen.motion == pytest.approx(10 * 2 / 64, abs=1e-6)
    assert seen.moving_share == pytest.approx(2 / 64, abs=1e-6)


def test_a_small_change_everywhere_moves_nothing():
    seen = motion_of([grey(100), grey(104), grey(100)])
    assert (seen.motion, seen.moving_share) == (4, 0)


def test_deviation_is_that_within_frames():
    assert motion_of([grey(0), grey(200)]).luma_deviation == 0
    halves = grey(0)
    halves[:, 32:] = 200
    assert motion_of([halves, halves]).luma_deviation == pytest.approx(100)


@pytest.mark.parametrize("size", [(5, 7), (5, 200), (300, 20)])
def test_any_size_has_figures(size):
    frames = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    assert motion_of(list(frames)).moving_share > 0.5
