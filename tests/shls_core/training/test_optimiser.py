import pytest
import torch
from torch import nn

from shls_core.training.config import TrainingConfig
from shls_core.training.optimiser import new_optimiser, set_learning_rate
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


def after_a_step(config, gradient=0.0):
    net = network()
    optimiser = new_optimiser(net, config)
    set_learning_rate(optimiser, config.learning_rate)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    for value in net.parameters():
        value.grad = torch.full_like(value, gradient)
    optimiser.step()
    return {name: value - before[name] for name, value in net.named_parameters()}


def test_weights_decay_and_biases_do_not():
    config = TrainingConfig(optimiser="sgd", learning_rate=0.1, weight_decay=0.5)
    moved = after_a_step(config)
    weights = dict(network().named_parameters())
    for name in ("0.weight", "1.weight"):
        torch.testing.assert_close(moved[name], -0.1 * 0.5 * weights[name].detach())
    assert not moved["0.bias"].any()
    assert not moved["1.bias"].any()


def test_biases_have_a_learning_rate_of_their_own():
    config = TrainingConfig(optimiser="sgd", learning_rate=0.1, bias_rate=2.0)
    moved = after_a_step(config, gradient=1.0)
    torch.testing.assert_close(moved["0.weight"], torch.full_like(moved["0.weight"], -0.1))
    torch.testing.assert_close(moved["0.bias"], torch.full_like(moved["0.bias"], -0.2))


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_betas():
    moved = after_a_step(TrainingConfig(learning_rate=0.1, betas=(0.5, 0.999)), gradient=3.0)
    torch.testing.assert_close(moved["0.weight"], torch.full_like(moved["0.weight"], -0.1))


@pytest.mark.parametrize("kind", ["adam", "sgd"])
@pytest.mark.parametrize("groups", [{}, {"weight_decay": 0.1, "bias_rate": 2.0}])
def test_its_state_comes_back(kind, groups):
    config = TrainingConfig(optimiser=kind, **groups)
    state = TrainingState.begin(network(), config)
    for value in state.network.parameters():
        value.grad = torch.ones_like(value)
    state.optimiser.step()
    other = TrainingState.begin(network(), config)
    restore_state(other, state_to_bytes(state))
    for one in (state, other):
        for value in one.network.parameters():
            value.grad = torch.ones_like(value)
        one.optimiser.step()
    ours, theirs = state.network.state_dict(), other.network.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
