import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.training.config import TrainingConfig
from shls_core.training.exchange import Alone
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes
from shls_core.training.step import take_step

CONFIG = TrainingConfig(steps=9, num_threads=1)


@pytest.fixture
def state(small_shls, batches_from):
    """A state after two steps and a validation."""
    method = small_shls(0)
    state, batches = TrainingState.begin(method.network, CONFIG), batches_from(0)
    for _ in range(2):
        take_step(state, method, [next(batches)], CONFIG, Alone())
    state.note_validation(0.25)
    return state


def test_a_state_comes_back_as_it_was(state, small_shls):
    other = TrainingState.begin(small_shls(1).network, CONFIG)
    restore_state(other, state_to_bytes(state))
    assert (other.step, other.losses, other.validations) == (2, state.losses, state.validations)
    assert other.average.num_updates == 2
    for one, two in (
        (state.network.state_dict(), other.network.state_dict()),
        (state.average.state, other.average.state),
        (state.best, other.best),
    ):
        assert one.keys() == two.keys()
        assert all(torch.equal(one[name], two[name]) for name in one)
    moments, again = state.optimiser.state_dict()["state"], other.optimiser.state_dict()["state"]
    assert moments.keys() == again.keys() != set()
    assert all(
        torch.equal(moments[number][name], again[number][name])
        for number in moments
        for name in moments[number]
    )
    assert state_to_bytes(other) == state_to_bytes(state)


def test_without_a_validation_there_is_no_best(state, small_shls):
    state.validations.clear()
    state.best = None
    other = TrainingState.begin(small_shls(1).network, CONFIG)
    restore_state(other, state_to_bytes(state))
    assert (other.best, other.validations) == (None, [])


def test_what_is_no_state_or_of_another_network_is_refused(state, small_shls):
    for data in (b"", b"nonsense", state_to_bytes(state)[:-1]):
        with pytest.raises(InputError, match="expected the state of a training run"):
            restore_state(TrainingState.begin(small_shls(0).network, CONFIG), data)
    wider = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), 0)
    with pytest.raises(InputError, match="expected the state of a training run"):
        restore_state(TrainingState.begin(wider, CONFIG), state_to_bytes(state))
