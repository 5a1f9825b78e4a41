"""Where the bars of a histogram lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.reports.lineage.histogram import histogram


def test_whole_numbers_of_a_short_range_get_a_bar_each():
    made = histogram("num_objects", np.array([1, 1, 1, 1, 3], np.int32))
    assert [(bar.left, bar.top, bar.width, bar.height) for bar in made.bars] == [
        # 160 units for three numbers, a unit of gap; the fullest bar is 44 high.
        (0.5, 0.0, 52.33, 44.0),
        (107.17, 33.0, 52.33, 11.0),
    ]
    assert [bar.text for bar in made.bars] == ["1: 4 rows", "3: 1 row"]
    assert (made.low, made.mean, made.high) == ("1", "1.4", "3")
    assert made.description == "num_objects of 5 rows: lowest 1, mean 1.4, highest 3"


@pytest.mark.parametrize("value", [0.25, 0.0, -3.5, 1e9])
def test_one_value_alone_is_one_bar(value):
    [bar] = histogram("share", np.array([value, value])).bars
    assert (bar.left, bar.width, bar.height) == (0.5, 159.0, 44.0)
    assert bar.text.endswith(": 2 rows")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_every_row_is_in_one_bar_inside_the_picture(values):
    made = histogram("share", np.array(values))
    assert sum(int(bar.text.split(": ")[1].split()[0]) for bar in made.bars) == len(values)
    for bar in made.bars:
        assert 0 <= bar.left < bar.left + bar.width <= made.width
        assert bar.top + bar.height == pytest.approx(made.height)
        assert bar.height >= 1.5
