"""Where the points of curves over training steps lie."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records.checkpoints import ValidationScore
from tasks.reports.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from tasks.reports.lineage.step_charts import _levels, loss_chart, validation_chart


def points(line):
    return [tuple(map(float, point.split(","))) for point in line.points.split()]


def test_few_losses_are_drawn_as_they_are():
    made = loss_chart([3.0, 1.0])
    assert [line.style for line in made.lines] == ["raw", "figure"]
    # 362 units for 2 steps, levels from 1 to 3 on 150 units.
    assert points(made.lines[0]) == points(made.lines[1]) == [(211.0, 10.0), (392.0, 160.0)]
    assert [tick.text for tick in made.levels] == ["1", "1.5", "2", "2.5", "3"]
    assert [band.text for band in made.bands] == ["step 1\nloss 3.000", "step 2\nloss 1.000"]
    assert made.axis == "step"


def test_many_losses_are_means_over_equally_many_steps_at_their_middle():
    made = loss_chart([float(step) for step in range(1, 401)])
    raw, means = (points(line) for line in made.lines)
    assert (len(raw), len(means)) == (200, 40)
    assert means[0][0] == pytest.approx(LEFT + 5.5 / 400 * (WIDTH - LEFT - RIGHT), abs=0.05)
    assert made.bands[0].text == "steps 1 to 10\nloss 5.500"
    assert made.description.startswith("Loss over 400 steps: begins at 5.500, ends at 395.500, lowest 5.500")
    assert made.bands[0].left == LEFT
    assert made.bands[-1].left + made.bands[-1].width == pytest.approx(WIDTH - RIGHT)


def test_validations_are_marked_where_weights_were_kept():
    scores = [ValidationScore(step=50, score=0.25), ValidationScore(step=100, score=0.2)]
    made = validation_chart(scores, 100, kept=50)
    [line] = made.lines
    assert points(line) == [(211.0, 122.5), (392.0, 130.0)]
    assert made.marks == (211.0,)
    assert made.description == (
        "J&F in validation, per cent, over 100 steps: best 25.0 after step 50, last 20.0."
    )


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=500))
def test_every_point_lies_inside_the_chart(losses):
    made = loss_chart(losses)
    for line in made.lines:
        for x, y in points(line):
            assert LEFT <= x <= WIDTH - RIGHT
            assert TOP <= y <= HEIGHT - BOTTOM


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_levels_hold_what_they_are_for_and_are_few(low, span):
    levels = _levels(low, low + span)
    assert 2 <= len(levels) <= 5
    tolerance = 1e-6 * max(abs(low), span, 1)
    assert levels[0] <= low + tolerance
    assert levels[-1] >= low + span - tolerance
    assert all(math.isfinite(level) for level in levels)
