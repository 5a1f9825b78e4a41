"""Colours of objects can be told from the paper."""

import re
from pathlib import Path

import numpy as np
import pytest

from shls_core.files.masks.indexed_png import davis_palette
from tasks.reports import colours
from tasks.reports.colours import contrast, object_colour, object_rules

STYLESHEET = Path(colours.__file__).parent / "templates" / "page.css"


def channels(colour):
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], float)


def papers():
    light, dark = (channels(colour) for colour in re.findall(r"--paper: (#\w{6})", STYLESHEET.read_text()))
    return {"light": light, "dark": dark}


def test_contrast_goes_from_1_to_21():
    black, white, grey = np.zeros(3), np.full(3, 255.0), np.full(3, 119.0)
    assert contrast(black, white) == contrast(white, black) == pytest.approx(21)
    assert contrast(grey, grey) == 1
    assert contrast(grey, white) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_every_object_stands_out_from_the_paper_of_the_stylesheet(paper):
    worst = min(contrast(channels(object_colour(number, paper)), papers()[paper]) for number in range(1, 256))
    assert worst >= 2.99  # rounded to 8 bits


def test_a_colour_that_stands_out_is_the_benchmarks_own():
    for number in (1, 2, 3, 4, 5):
        assert channels(object_colour(number, "light")).tolist() == davis_palette()[number].tolist()


def test_rules_name_each_object_once_on_either_paper():
    rules = object_rules([2, 1, 2])
    assert re.findall(r"\.(object-\d+)", rules) == ["object-1", "object-2"] * 2
    light, dark = rules.split("@media")
    assert object_colour(1, "light") in light
    assert object_colour(1, "dark") in dark
