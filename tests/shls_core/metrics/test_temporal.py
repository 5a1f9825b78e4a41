"""Recall and decay against hand-computed values and the bins written out."""

import math

import numpy as np
import pytest

from shls_core.metrics.temporal import decay, recall


def test_recall_is_the_share_of_frames_above_one_half():
    assert recall([0.6, 0.4, 0.7, 0.1, 0.9]) == 0.6


def test_recall_does_not_count_one_half():
    assert recall([0.5, 0.5, 0.5]) == 0.0
    assert recall([0.5, np.nextafter(0.5, 1)]) == 0.5


# Powers of two, so that each mean tells exactly which frames are in it.
@pytest.mark.parametrize(
    ("num_frames", "first_bin", "last_bin"),
    [
        (1, [0], [0]),
        (2, [0], [1]),  # edges 1, 1.25, 1.5, 1.75, 2: the half goes up, to frame 1
        (3, [0, 1], [2]),  # edges 1, 1.5, 2, 2.5, 3: both halves go up, to even would be 1, 2 -> 1, 1
        (4, [0, 1], [2, 3]),  # 1, 1.75, 2.5, 3.25, 4
        (5, [0, 1], [3, 4]),  # 1, 2, 3, 4, 5
        (7, [0, 1, 2], [5, 6]),  # 1, 2.5, 4, 5.5, 7
        (8, [0, 1, 2], [5, 6, 7]),  # 1, 2.75, 4.5, 6.25, 8
        (11, [0, 1, 2, 3], [8, 9, 10]),  # 1, 3.5, 6, 8.5, 11: to even would be 4, 8
    ],
)
def test_decay_bins_by_hand(num_frames, first_bin, last_bin):
    values = [2.0**-frame for frame in range(num_frames)]
    first = sum(values[frame] for frame in first_bin) / len(first_bin)
    last = sum(values[frame] for frame in last_bin) / len(last_bin)
    assert decay(values) == pytest.approx(first - last, rel=1e-12, abs=0)


def test_decay_bins_include_both_edges():
    # Five frames: bins 0-1, 1-2, 2-3, 3-4.
    assert decay([1.0, 0.5, 0.0, 0.25, 0.0]) == 0.75 - 0.125


def test_decay_is_negative_where_the_score_grows():
    assert decay([0.0, 0.0, 0.5, 1.0, 1.0]) == -1.0


def test_decay_of_256_frames_reaches_the_last_one():
    # Edges 1, 64.75, 128.5, 192.25, 256 -> 0, 64, 128, 191, 255, the highest unsigned 8-bit number.
    values = np.zeros(256)
    values[255] = 1.0
    assert decay(values.tolist()) == pytest.approx(-1 / 65)


def test_decay_edges_wrap_around_as_unsigned_8_bit():
    # 400 frames: edges 0, 100, 200, 299, 399; the last two wrap to 43 and 143.
    values = np.zeros(400)
    values[43], values[143] = 1.0, 1.0
    values[299:] = 0.5
    assert decay(values.tolist()) == pytest.approx(1 / 101 - 2 / 101)


def test_decay_is_undefined_where_wrapping_empties_a_bin():
    # 300 frames: the last bin would run from 224 to 299 - 256 = 43.
    assert math.isnan(decay([1.0] * 300))
