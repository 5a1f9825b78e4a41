import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shls_core.methods.soft_aggregation import class_log_odds


def aggregated(log_odds: torch.Tensor) -> torch.Tensor:
    """Return the probabilities of background and objects."""
    return class_log_odds(log_odds).softmax(dim=0)


def by_the_formula(probabilities: list[float]) -> np.ndarray:
    """Odds of clamped probabilities, normalised over classes, in double precision."""
    background = math.prod(1 - p for p in probabilities)
    clamped = np.clip([background, *probabilities], 1e-7, 1 - 1e-7)
    odds = clamped / (1 - clamped)
    return odds / odds.sum()


@given(st.lists(st.floats(1e-4, 1 - 1e-4), min_size=1, max_size=5))
def test_aggregation_equals_the_formula(probabilities):
    log_odds = torch.logit(torch.tensor(probabilities, dtype=torch.float64))
    found = aggregated(log_odds[:, None])[:, 0]
    np.testing.assert_allclose(found.numpy(), by_the_formula(probabilities), rtol=1e-6)
    single = aggregated(log_odds[:, None].float())[:, 0]
    np.testing.assert_allclose(single.numpy(), by_the_formula(probabilities), rtol=2e-3)


def test_two_objects_by_hand():
    # p = 1/2, 3/4; background 1/8; odds 1, 3, 1/7.
    found = aggregated(torch.logit(torch.tensor([[0.5], [0.75]])))[:, 0]
    total = 1 + 3 + 1 / 7
    assert found.tolist() == pytest.approx([1 / 7 / total, 1 / total, 3 / total])


@pytest.mark.parametrize("extreme", [-math.inf, -1e4, 1e4, math.inf])
def test_certainty_is_clamped_and_finite_forward_and_backward(extreme):
    log_odds = torch.tensor([[extreme], [0.3]], requires_grad=True)
    classes = class_log_odds(log_odds)
    largest = math.log((1 - 1e-7) / 1e-7)
    assert classes[1].item() == pytest.approx(math.copysign(largest, extreme), rel=1e-5)
    assert classes.abs().max().item() <= largest * 1.00001
    classes.logsumexp(dim=0).sum().backward()
    assert torch.isfinite(log_odds.grad).all()
    assert log_odds.grad[1].item() != 0


def test_nowhere_an_object_is_background():
    found = aggregated(torch.full((3, 2, 2), -math.inf))
    assert (found[0] > 1 - 1e-5).all()


def test_permuting_objects_permutes_probabilities():
    log_odds = torch.randn(4, 3, 3, generator=torch.Generator().manual_seed(0))
    order = [2, 0, 3, 1]
    together = aggregated(log_odds)
    torch.testing.assert_close(aggregated(log_odds[order])[1:], together[1:][order])


def test_low_precision_comes_out_as_single_precision():
    logits = torch.tensor([[-20.0, 0.5, 3.0], [-20.0, 1.5, -3.0]])
    found = class_log_odds(logits.bfloat16())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, class_log_odds(logits))
