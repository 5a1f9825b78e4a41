import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.dense_features import ShlsDenseFeatures
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.propagation.dense_features import DenseFeatures

FRAME = np.random.default_rng(0).integers(0, 256, (35, 50, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    return new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)


@pytest.mark.parametrize(
    ("layer", "stride", "channels"),
    [("layer1", 2, 8), ("layer2", 4, 16), ("layer3", 4, 32), ("layer4", 4, 32)],
)
def test_a_stage_has_a_cell_for_every_stride_begun(network, layer, stride, channels):
    features = ShlsDenseFeatures(network, layer)
    assert isinstance(features, DenseFeatures)
    assert features.stride == stride
    assert features.encode(FRAME).shape == (channels, -(-35 // stride), -(-50 // stride))


def test_the_last_stage_is_what_the_network_itself_sees(network):
    with torch.inference_mode():
        seen = network.eval().encode_image(torch.tensor(FRAME)[None]).coarse[0]
    assert torch.equal(ShlsDenseFeatures(network, "layer4").encode(FRAME), seen)


def test_a_stage_that_is_none_is_told():
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), seed=0)
    with pytest.raises(InputError, match=r"expected features of layer1, .*layer4 with SHLS, got 'embedding'"):
        ShlsDenseFeatures(network, "embedding")
