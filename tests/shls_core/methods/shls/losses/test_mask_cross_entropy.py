import math

import pytest
import torch

from shls_core.methods.shls.losses.mask_cross_entropy import mask_cross_entropy


def test_equals_a_loop_over_pixels():
    generator = torch.Generator().manual_seed(0)
    log_odds = torch.randn(3, 4, 5, generator=generator)
    labels = (0, 2, 7)
    mask = torch.tensor(labels)[torch.randint(0, 3, (4, 5), generator=generator)]
    surprise = []
    for row in range(4):
        for column in range(5):
            exponentials = [math.exp(value) for value in log_odds[:, row, column].tolist()]
            own = exponentials[labels.index(int(mask[row, column]))]
            surprise.append(-math.log(own / sum(exponentials)))
    assert mask_cross_entropy(log_odds, labels, mask).item() == pytest.approx(sum(surprise) / 20, rel=1e-5)


def test_pixels_of_objects_that_are_no_class_do_not_count():
    log_odds = torch.tensor([[[0.0, 9.0]], [[0.0, 1.0]]], requires_grad=True)
    loss = mask_cross_entropy(log_odds, (0, 1), torch.tensor([[1, 5]]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert log_odds.grad[:, 0, 1].tolist() == [0.0, 0.0]
    assert mask_cross_entropy(log_odds, (0, 1), torch.tensor([[5, 5]])).item() == 0.0


def test_low_precision_changes_what_comes_in_and_nothing_else():
    log_odds = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0)).bfloat16()
    mask = torch.arange(64 * 64).reshape(64, 64) % 3
    exact = mask_cross_entropy(log_odds.float(), (0, 1, 2), mask)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = mask_cross_entropy(log_odds, (0, 1, 2), mask)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(exact.item(), rel=1e-6)
