import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.momentum_memory.config import MomentumNetworkConfig
from shls_core.methods.momentum_memory.dense_features import MomentumDenseFeatures
from shls_core.methods.momentum_memory.network import MomentumNetwork
from shls_core.methods.network_weights import network_with_weights, new_network
from shls_core.propagation.dense_features import DenseFeatures

FRAME = np.random.default_rng(0).integers(0, 256, (35, 50, 3), dtype=np.uint8)
SMALL = MomentumNetworkConfig(width_multiplier=0.0625, embedding_size=6)


def test_the_published_encoder_has_the_published_size():
    network = new_network(MomentumNetwork, MomentumNetworkConfig(), seed=0)
    trained = sum(weight.numel() for weight in network.query.parameters())
    assert trained == pytest.approx(5.29e6, rel=1e-3)
    learns = [weight.requires_grad for weight in network.parameters()]
    assert sum(learns) == len(learns) // 2


def test_weights_depend_on_the_seed_alone_and_come_back():
    torch.manual_seed(1)
    one = new_network(MomentumNetwork, SMALL, seed=3)
    torch.manual_seed(2)
    other = new_network(MomentumNetwork, SMALL, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    again = network_with_weights(MomentumNetwork, SMALL, one.state_dict())
    assert not again.training
    with pytest.raises(InputError, match="expected weights of a network with"):
        network_with_weights(MomentumNetwork, MomentumNetworkConfig(width_multiplier=0.125), one.state_dict())


def test_momentum_after_some_steps_is_its_closed_form():
    """With a trained encoder that stands still, r - q shrinks by the momentum in every step."""
    network = new_network(MomentumNetwork, SMALL, seed=0)
    with torch.no_grad():
        for weight in network.query.parameters():
            weight.add_(1)
    statistics = [buffer.clone() for buffer in network.reference.buffers()]
    first = [weight.clone() for weight in network.reference.parameters()]
    for _ in range(7):
        network.follow(0.9)
    for kept, at_first, trained in zip(
        network.reference.parameters(), first, network.query.parameters(), strict=True
    ):
        torch.testing.assert_close(kept, trained + 0.9**7 * (at_first - trained))
    assert all(torch.equal(a, b) for a, b in zip(network.reference.buffers(), statistics, strict=True))


def test_a_copy_is_equal_in_all_statistics_included():
    network = new_network(MomentumNetwork, SMALL, seed=0).train()
    network.query(torch.randn(2, 3, 16, 16))
    network.copy_to_reference()
    copied = network.reference.state_dict()
    assert all(torch.equal(value, copied[name]) for name, value in network.query.state_dict().items())
    network.query.embedding.bias.data.add_(1)
    assert not torch.equal(network.query.embedding.bias, network.reference.embedding.bias)


@pytest.mark.parametrize(
    ("name", "stride", "channels"),
    [("layer1", 2, 4), ("layer4", 4, 16), ("embedding", 4, 6), ("momentum", 4, 6)],
)
def test_features_have_a_cell_for_every_stride_begun(name, stride, channels):
    features = MomentumDenseFeatures(new_network(MomentumNetwork, SMALL, seed=0), name)
    assert isinstance(features, DenseFeatures)
    assert features.stride == stride
    assert features.encode(FRAME).shape == (channels, -(-35 // stride), -(-50 // stride))


def test_features_that_do_not_exist_are_an_input_error():
    with pytest.raises(
        InputError, match=r"expected features of layer1, .*momentum with momentum memory, got"
    ):
        MomentumDenseFeatures(new_network(MomentumNetwork, SMALL, seed=0), "layer5")
