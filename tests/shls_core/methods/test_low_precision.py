"""A backbone in bfloat16: nearly the same features, in float32, with the weights of the network."""

import pytest
import torch

from shls_core.methods.backbone import Backbone
from shls_core.methods.in_use import propagator_of, use_modules
from shls_core.methods.low_precision import Bfloat16Backbone, in_bfloat16
from shls_core.methods.registry import METHODS, method_config, method_named
from shls_core.propagation.config import PropagationConfig

SMALL = {"network": {"width_multiplier": 0.125}}


@pytest.mark.parametrize("name", sorted(METHODS))
@torch.inference_mode()
def test_features_are_nearly_the_same_and_in_float32(name):
    config = method_config({"name": name, **SMALL})
    method = method_named(name)
    network = method.new_network(config, 0).eval()
    state = {key: value.clone() for key, value in network.state_dict().items()}
    lower = in_bfloat16(network)
    backbones = [module for module in network.modules() if isinstance(module, Backbone)]
    replaced = [module for module in lower.modules() if isinstance(module, Bfloat16Backbone)]
    assert len(backbones) == len(replaced) >= 1
    for backbone, of_lower in zip(backbones, replaced, strict=True):
        images = torch.randn(1, backbone.stem[0].in_channels, 64, 80)
        for layer, maps in backbone(images).items():
            found = of_lower(images)[layer]
            assert found.dtype == torch.float32
            assert not torch.equal(found, maps)
            assert float(torch.nn.functional.cosine_similarity(found, maps, dim=1).min()) > 0.99
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_it_is_recorded_where_it_is_on_and_only_there():
    config = method_config("shls")
    exact, lower = PropagationConfig(), PropagationConfig(precision="bf16")
    assert "precision" not in exact.facts()
    assert lower.facts() == {**exact.facts(), "precision": "bf16"}
    assert set(use_modules(config, lower)) - set(use_modules(config, exact)) == {
        "shls_core.methods.low_precision"
    }


def test_a_propagator_leaves_the_network_as_it_is():
    config = method_config({"name": "shls", **SMALL})
    network = method_named("shls").new_network(config, 0)
    names = set(network.state_dict())
    propagator_of(network, config, PropagationConfig(precision="bf16"))
    assert set(network.state_dict()) == names
