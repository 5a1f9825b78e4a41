import pytest
import torch
from torch import nn

from shls_core.training.moving_average import MovingAverage


def test_average_over_steps_by_hand():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.0)
    average = MovingAverage(network, decay=0.25)
    expected = 0.0
    for step, value in enumerate((4.0, -2.0, 7.0), start=1):
        nn.init.constant_(network.weight, value)
        average.update(network)
        decay = min(0.25, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
        assert average.state["weight"].item() == pytest.approx(expected)


def test_batch_statistics_are_averaged_and_counts_copied():
    network = nn.BatchNorm1d(1)
    average = MovingAverage(network, decay=0.1)
    network(torch.tensor([[0.0], [2.0]]))  # mean 1: with a momentum of 0.1, the running mean becomes 0.1
    average.update(network)
    assert average.state["num_batches_tracked"].item() == 1
    assert average.state["running_mean"].item() == pytest.approx(0.1 * 0.0 + 0.9 * 0.1)


def test_average_is_no_view_of_the_network():
    network = nn.Linear(1, 1)
    before = MovingAverage(network, decay=0.5).state["weight"].clone()
    average = MovingAverage(network, decay=0.5)
    nn.init.constant_(network.weight, 9.0)
    assert torch.equal(average.state["weight"], before)


def test_an_average_that_begins_anew_forgets_like_a_new_one():
    network = nn.Linear(1, 1, bias=False)
    average = MovingAverage(network, decay=0.999)
    for _ in range(50):
        average.update(network)
    average.begin_anew()
    new = MovingAverage(network, decay=0.999)
    nn.init.constant_(network.weight, 3.0)
    average.update(network)
    new.update(network)
    assert average.state["weight"].item() == pytest.approx(new.state["weight"].item())
