"""Where things lie in a chart, by hand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.reports.charts import Curve, curve_chart, tick_frames


def chart(*values, num_frames=5, pictured=()):
    curves = [Curve(f"object {number}", f"object-{number}", one) for number, one in enumerate(values, 1)]
    return curve_chart("J", curves, num_frames, pictured)


def test_values_lie_between_the_edges_and_the_first_one_belongs_to_frame_1():
    # 362 units across 4 steps from 30, 150 units down from 10.
    [line] = chart([1.0, 0.5, 0.0]).lines
    assert line.points == "120.5,10.0 211.0,85.0 301.5,160.0"
    assert line.name == "object 1: mean J 50.0"


def test_axes_are_named_in_frames_and_per_cent():
    made = chart([1.0, 0.5, 0.0])
    assert [(tick.at, tick.text) for tick in made.levels] == [
        (160.0, "0"), (122.5, ""), (85.0, "50"), (47.5, ""), (10.0, "100"),
    ]  # fmt: skip
    assert [(tick.at, tick.text) for tick in made.frames][::4] == [(30.0, "0"), (392.0, "4")]


def test_marks_lie_where_the_frames_shown_are():
    assert chart([1.0, 0.5, 0.0], pictured=(0, 3)).marks == (30.0, 301.5)


@given(st.integers(3, 400))
def test_bands_lie_side_by_side_around_the_scored_frames(num_frames):
    bands = chart([0.5] * (num_frames - 2), num_frames=num_frames).bands
    assert len(bands) == num_frames - 2
    for left, right in itertools.pairwise(bands):
        assert left.left + left.width == pytest.approx(right.left, abs=0.02)
    step = 362 / (num_frames - 1)
    assert bands[0].left == pytest.approx(30 + step / 2, abs=0.01)
    assert bands[-1].left + bands[-1].width == pytest.approx(392 - step / 2, abs=0.02)


def test_a_band_tells_the_value_of_every_object():
    assert chart([1.0, 0.5, 0.0], [0.25, 0.75, 0.1]).bands[1].text == "frame 2\nobject 1 50.0\nobject 2 75.0"


def test_the_chart_is_told_in_words():
    assert chart([0.9, 0.2, 0.7]).description == (
        "J in per cent over 5 frames. object 1 begins at 90, ends at 70, mean 60, lowest 20."
    )


@given(st.integers(3, 100_000))
def test_an_axis_names_few_frames_evenly_and_to_its_end(num_frames):
    ticks = list(tick_frames(num_frames))
    step = ticks[1]
    assert ticks == list(range(0, num_frames, step))
    assert 3 <= len(ticks) <= 7
    assert int(str(step).rstrip("0")) in (1, 2, 5)
