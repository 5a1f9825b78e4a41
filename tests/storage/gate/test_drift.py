"""Figures of two datasets side by side: what is far, what is near, and what is not judged."""

import numpy as np
import pytest

from shls_core.errors import GateError
from storage.gate import drift as module
from storage.gate.drift import Drift, Shift, refuse_drifted
from storage.gate.drift_config import DriftConfig
from storage.gate.drift_figures import StageFigures, kind_of_reason


def figures(values=(), rejected=None, names=None, num_sources=100):
    return StageFigures(num_sources, {"mask_share": np.array(values, float)}, rejected or {}, names)


def shifts(before, after, withdrawn=(), **bounds):
    made = module._shifts("saliency", (before, after), DriftConfig(**bounds), True, withdrawn)
    return {shift.what: shift for shift in made}


def largest_difference_below_any_value(one, other):
    return max(abs(np.mean(one <= value) - np.mean(other <= value)) for value in {*one, *other})


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_the_largest_difference_of_shares_below_any_value(seed):
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 9, 40), rng.integers(0, 12, 70)
    found = shifts(figures(one), figures(other))["mask_share"]
    assert found.distance == pytest.approx(largest_difference_below_any_value(one, other), abs=1e-4)
    assert (found.before, found.after) == (one.mean(), other.mean())


@pytest.mark.parametrize("share", [0.02, 0.1, 0.19])
def test_whoever_exchanges_a_share_of_the_rows_moves_no_figure_farther_than_that(share):
    before = np.linspace(0, 0.5, 1000)
    after = np.concatenate([before[: round(1000 * (1 - share))], np.full(round(1000 * share), 1.0)])
    found = shifts(figures(before, num_sources=10**9), figures(after, num_sources=10**9))["mask_share"]
    assert found.distance <= share + 1e-9
    assert not found.is_too_large


def test_samples_of_one_distribution_are_never_too_far():
    rng = np.random.default_rng(0)
    for count in (20, 60, 300):
        for _ in range(100):
            sides = (figures(rng.normal(size=count), num_sources=count) for _ in range(2))
            assert not shifts(*sides)["mask_share"].is_too_large


def test_a_few_rows_need_to_be_farther_apart_than_many():
    allowed = {}
    for count in (25, 2500):
        values = np.linspace(0, 1, count)
        found = shifts(figures(values, num_sources=count), figures(values + 0.5, num_sources=count))
        allowed[count] = found["mask_share"].allowed
        assert found["mask_share"].distance == pytest.approx(0.5, abs=0.05)
        assert found["mask_share"].is_too_large == (count == 2500)
    assert allowed[2500] < 0.25 < 0.6 < allowed[25]


def test_a_reason_that_becomes_frequent_is_too_far_and_so_is_one_that_disappears():
    rare, frequent = figures(rejected={"dark": 0.02}), figures(rejected={"dark": 0.5})
    assert shifts(rare, frequent)["rejected: dark"].is_too_large
    assert shifts(frequent, rare)["rejected: dark"].is_too_large
    assert shifts(figures(), frequent)["rejected: dark"].is_too_large
    assert not shifts(rare, figures(rejected={"dark": 0.05}))["rejected: dark"].is_too_large


def test_sources_are_gone_when_neither_their_bytes_nor_their_names_are_there():
    before = figures(names={"a": "a.jpg", "b": "b.jpg", "c": "c.jpg", "d": "d.jpg"})
    after = figures(names={"a": "other.jpg", "x": "b.jpg"})  # moved, and written anew
    assert shifts(before, after)["gone"].distance == 0.5
    assert not shifts(before, after)["gone"].is_too_large
    assert shifts(before, after, max_gone_share=0.4)["gone"].is_too_large
    assert shifts(before, after, withdrawn={"c"})["gone"].distance == pytest.approx(1 / 3, abs=1e-4)


def test_the_kind_of_a_reason_is_what_stands_before_its_details():
    assert kind_of_reason("corrupt: 12 bytes are missing") == "corrupt"
    assert kind_of_reason("low_confidence") == "low_confidence"


def test_a_drift_that_is_too_large_is_refused_with_its_reasons_and_the_farthest_first():
    near = Shift(stage="ingest", what="num_bytes", before=1, after=2, distance=0.1, allowed=0.3)
    far = Shift(stage="saliency", what="confidence", before=0.8, after=0.5, distance=0.4, allowed=0.3)
    farther = Shift(stage="sequences", what="brightness", before=120, after=40, distance=0.9, allowed=0.3)
    refuse_drifted(Drift(before="b", after="a", shifts=(near,), not_judged={}), "photos@v3")
    drift = Drift(before="b" * 64, after="a" * 64, shifts=(near, far, farther), not_judged={})
    with pytest.raises(GateError) as refused:
        refuse_drifted(drift, "photos@v3")
    line = str(refused.value)
    assert "\n" not in line
    places = [line.index(what) for what in ("sequences.brightness 120 before, 40 now", "saliency.confidence")]
    assert places == sorted(places)
    assert "num_bytes" not in line
    assert "photos@v3" in line
