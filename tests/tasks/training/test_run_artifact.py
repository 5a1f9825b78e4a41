import base64
import xml.etree.ElementTree as ET

import pytest

from tasks.training import run_artifact as module
from tasks.training.run_artifact import training_artifact, training_markdown


def test_the_newest_figures_stand_under_the_curve():
    picture, _, *table = training_markdown(
        {"step": 3, "loss": 1.25, "validation/J&F": 0.5}, [3.0, 2.0, 1.25]
    ).splitlines()
    encoded = picture.removeprefix("![loss over 3 steps](data:image/svg+xml;base64,").removesuffix(")")
    assert ET.fromstring(base64.b64decode(encoded)).tag.endswith("svg")
    assert table[2:] == ["| step | 3 |", "| loss | 1.25 |", "| validation/J&F | 0.5 |"]


@pytest.fixture
def shown(monkeypatch):
    """The figures that were shown, by a clock that stands still until it is moved."""
    found, clock = [], [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "_show", lambda newest, state: found.append(dict(newest)))
    return found, clock


def test_it_is_renewed_every_half_minute_and_at_the_end(shown):
    found, clock = shown
    with training_artifact(None) as observe:
        for step in range(1, 101):
            clock[0] += 1.0
            observe({"step": step, "loss": 1.0})
        observe({"step": 100, "validation/J&F": 0.5})
        assert [row["step"] for row in found] == [30, 60, 90]
    assert found[-1] == {"step": 100, "loss": 1.0, "validation/J&F": 0.5}
