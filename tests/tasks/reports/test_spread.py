"""Dots of one chart: each where its score is, none over another."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.reports.spread import spread_chart

scores = st.lists(st.floats(0, 1), min_size=1, max_size=80)


@given(scores)
def test_no_dot_covers_another_or_leaves_the_chart(values):
    chart = spread_chart([("one", value) for value in values])
    for one, other in itertools.combinations(chart.dots, 2):
        assert math.dist((one.x, one.y), (other.x, other.y)) >= 2 * chart.radius - 0.1
    for dot in chart.dots:
        assert chart.radius <= dot.x <= chart.width - chart.radius
        assert chart.radius <= dot.y <= chart.bottom


@given(scores)
def test_dots_lie_where_the_axis_says(values):
    chart = spread_chart([("one", value) for value in values])
    left, right = chart.ticks[0].at, chart.ticks[-1].at
    for dot, value in zip(chart.dots, values, strict=True):
        assert (dot.x - left) / (right - left) == pytest.approx(value, abs=0.016)


def test_the_chart_is_told_in_words():
    chart = spread_chart([("dog 1", 0.9), ("judo 1", 0.2), ("judo 2", 0.4)])
    assert chart.description == "J&F of 3 objects in per cent: lowest 20, middle 40, highest 90."
    assert [dot.text for dot in chart.dots] == ["dog 1: 90.0", "judo 1: 20.0", "judo 2: 40.0"]
