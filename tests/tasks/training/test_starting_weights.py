import pytest
import torch
from torch import nn

from shls_core.errors import InputError
from tasks.training.starting_weights import begin_with

ID = "a" * 64


def network():
    return nn.ModuleDict({"encoder": nn.Linear(2, 3), "decoder": nn.Linear(3, 1)})


def test_shared_weights_are_taken_and_the_others_stay_as_they_are():
    mine, other = network(), network()
    before = mine["decoder"].weight.clone()
    weights = {name: value for name, value in other.state_dict().items() if name.startswith("encoder")} | {
        "head.weight": torch.ones(1)
    }
    assert begin_with(mine, weights, ID) == ("decoder",)
    assert torch.equal(mine["encoder"].weight, other["encoder"].weight)
    assert torch.equal(mine["decoder"].weight, before)


def test_nothing_shared_and_other_sizes_are_refused_and_change_nothing():
    mine = network()
    before = {name: value.clone() for name, value in mine.state_dict().items()}
    with pytest.raises(InputError, match=r"got aaaaaaaaaaaa…, which has none of decoder, encoder$"):
        begin_with(mine, {"head.weight": torch.ones(1)}, ID)
    weights = mine.state_dict() | {"decoder.weight": torch.ones(1, 5)}
    with pytest.raises(InputError, match=r"whose decoder.weight is 1x5 where the network has 1x3$"):
        begin_with(mine, weights, ID)
    assert all(torch.equal(value, before[name]) for name, value in mine.state_dict().items())
