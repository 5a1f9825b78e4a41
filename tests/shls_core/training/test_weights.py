import pytest
import torch

from shls_core.errors import InputError
from shls_core.training.weights import weights_digest, weights_from_bytes, weights_to_bytes


def test_round_trip():
    state = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(3)}
    restored = weights_from_bytes(weights_to_bytes(state))
    assert restored.keys() == state.keys()
    assert all(torch.equal(restored[name], state[name]) for name in state)


def test_equal_states_have_equal_bytes_in_any_order_and_layout():
    values = torch.arange(6.0).reshape(2, 3)
    one = {"b": values, "a": torch.tensor(3)}
    other = {"a": torch.tensor(3), "b": values.T.contiguous().T}
    assert weights_to_bytes(one) == weights_to_bytes(other)
    assert weights_digest(one) == weights_digest(other)


def test_digest_sees_one_bit():
    state = {"a": torch.zeros(3)}
    changed = {"a": torch.tensor([0.0, 0.0, 1e-45])}
    assert weights_digest(state) != weights_digest(changed)


def test_other_bytes_are_refused():
    with pytest.raises(InputError, match="expected weights in the safetensors format, got 5 bytes"):
        weights_from_bytes(b"hello")
