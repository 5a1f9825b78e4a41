from collections import Counter

import numpy as np
import pytest

from shls_core.methods.momentum_memory.config import MomentumMemoryConfig, ViewsConfig
from shls_core.methods.momentum_memory.draws import clip_draw, draw, memory_of, pair_of


def drawn(config, count=400, size=(9, 60, 80)):
    rng = np.random.default_rng(0)
    return [draw(rng, config, *size) for _ in range(count)]


def test_every_clip_has_a_channel_a_pair_and_perhaps_other_colours():
    config = MomentumMemoryConfig(views=ViewsConfig(crop=41))
    draws = drawn(config)
    assert set(Counter(one.channel for one in draws)) == {1, 2}
    gaps = Counter(one.pair[0] - one.pair[1] for one in draws)
    assert gaps[1] / len(draws) == pytest.approx(0.8, abs=0.06)
    assert set(gaps) == {1, 2}
    assert {one.pair[0] for one in draws} == {1, 2, 3, 4, 5}
    plain = [one for one in draws if one.gains == (1.0, 1.0, 1.0)]
    assert len(plain) / len(draws) == pytest.approx(0.7, abs=0.07)
    for one in draws:
        assert all(0.8 <= gain <= 1.2 for gain in one.gains)
        assert all(abs(shift) <= 0.1 for shift in one.shifts)


def test_squares_take_their_share_of_the_shorter_side():
    config = MomentumMemoryConfig(views=ViewsConfig(crop=60, side=(0.5, 1.0)))
    draw = clip_draw(config.views)
    assert (draw.short_side, draw.num_frames, draw.gap) == ((60, 120), 6, 1)
    shorter = [one.part.height for one in drawn(config)]
    assert (min(shorter), max(shorter)) == (60, 120)


def test_switches_change_no_other_draw():
    views = ViewsConfig(crop=41)
    one = drawn(MomentumMemoryConfig(views=views))
    others = drawn(
        MomentumMemoryConfig(views=views.model_copy(update={"jitter": 0.0, "flip": 0.0}), memory_from=7)
    )
    for a, b in zip(one, others, strict=True):
        assert (a.pair, a.memory, a.channel, a.part.top) == (b.pair, b.memory, b.channel, b.part.top)
        assert b.gains == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("num_frames", range(2, 14))
@pytest.mark.parametrize("gap", [1, 2, 5])
def test_references_are_distinct_earlier_frames_with_the_first_among_them(num_frames, gap):
    for place in (0.0, 0.5, 0.999):
        query, reference = pair_of(num_frames, gap, place)
        assert 0 <= reference < query < num_frames
    for num_references in range(1, num_frames):
        query, *references = memory_of(num_frames, gap, num_references)
        assert query == num_frames - 1
        assert len(references) == num_references
        assert references == sorted(set(references))
        assert references[-1] < query
        assert num_references == 1 or references[0] == 0
