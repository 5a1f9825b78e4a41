"""Multiplicities against lists of frames in which frames occur again and again."""

from collections import Counter

import pytest

from shls_core.propagation.label_context import context_of


@pytest.mark.parametrize("number", range(1, 30))
@pytest.mark.parametrize("size", [0, 1, 20])
def test_the_first_frame_stands_in_for_frames_that_are_missing(number, size):
    uses = context_of(number, 0, size)
    window = [max(0, earlier) for earlier in range(number - size, number)]
    assert {use.number: use.multiplicity for use in uses} == Counter([0, *window])
    assert [use.number for use in uses] == sorted({0, *window})
    assert [use.number for use in uses if use.is_unrestricted] == [0]
    assert uses[0].multiplicity == 1 + max(0, size + 1 - number)


def test_a_later_start_frame_stands_in_for_the_frames_before_it():
    uses = [(use.number, use.multiplicity, use.is_unrestricted) for use in context_of(9, 7, 5)]
    assert uses == [(7, 5, True), (8, 1, False)]


def test_frames_given_again_count_once_more_in_and_out_of_the_window():
    inside = context_of(6, 0, 3, again=(4,))
    assert [(use.number, use.multiplicity, use.is_unrestricted) for use in inside] == [
        (0, 1, True),
        (3, 1, False),
        (4, 2, True),
        (5, 1, False),
    ]
    outside = context_of(9, 0, 3, again=(4,))
    assert [(use.number, use.multiplicity) for use in outside] == [(0, 1), (4, 1), (6, 1), (7, 1), (8, 1)]


def test_without_unrestricted_frames_the_first_one_counts_as_often():
    uses = context_of(2, 0, 20, is_unrestricted=False)
    assert [(use.number, use.multiplicity, use.is_unrestricted) for use in uses] == [
        (0, 20, False),
        (1, 1, False),
    ]
