import math

import pytest
import torch
import torch.nn.functional as F

from shls_core.methods.dul.losses import space_time
from shls_core.methods.mask_vos.correspondence import long_term, short_term

TEMPERATURE = 0.05


def units(seed, *shape):
    rng = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=rng, dtype=torch.float64), dim=-1)


CELLS, VIEW, FRAME = units(0, 2, 6, 4), units(1, 2, 6, 4), units(2, 2, 9, 4)


def surprise(cell, candidates, chosen):
    logits = [float(cell @ one) / TEMPERATURE for one in candidates]
    return math.log(sum(map(math.exp, logits))) - logits[chosen]


def test_neighbouring_frames_against_loops():
    of_clips = [
        sum(surprise(CELLS[clip, cell], VIEW[clip], cell) for cell in range(6)) / 6 for clip in range(2)
    ]
    assert float(short_term(CELLS, VIEW, TEMPERATURE)) == pytest.approx(sum(of_clips) / 2, abs=1e-10)


def test_distant_frames_against_loops():
    total = 0.0
    for clip in range(2):
        for cell in range(6):
            similarities = [float(VIEW[clip, cell] @ one) for one in FRAME[clip]]
            chosen = similarities.index(max(similarities))
            total += surprise(CELLS[clip, cell], FRAME[clip], chosen) / 12
    assert float(long_term(CELLS, VIEW, FRAME, TEMPERATURE)) == pytest.approx(total, abs=1e-10)


def test_equal_frames_have_the_least_surprise_whatever_the_order_of_their_cells():
    equal = torch.eye(6, dtype=torch.float64)[None]
    least = math.log(1 + 5 * math.exp(-1 / TEMPERATURE))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(3))
    assert float(short_term(equal, equal, TEMPERATURE)) == pytest.approx(least)
    assert float(short_term(equal[:, order], equal[:, order], TEMPERATURE)) == pytest.approx(least)
    assert float(short_term(CELLS[:, order], VIEW[:, order], TEMPERATURE)) == pytest.approx(
        float(short_term(CELLS, VIEW, TEMPERATURE))
    )


def test_the_distant_term_is_that_of_dul_with_all_cells_of_one_frame_as_anchors():
    of_one = long_term(CELLS[:1], VIEW[:1], FRAME[:1], TEMPERATURE)
    torch.testing.assert_close(of_one, space_time(CELLS[:1, None], VIEW[:1, None], FRAME[:1], TEMPERATURE))


def test_clips_do_not_affect_each_other():
    alone = [
        float(long_term(CELLS[n : n + 1], VIEW[n : n + 1], FRAME[n : n + 1], TEMPERATURE)) for n in (0, 1)
    ]
    assert float(long_term(CELLS, VIEW, FRAME, TEMPERATURE)) == pytest.approx(sum(alone) / 2)
