import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.dul.config import DulNetworkConfig
from shls_core.methods.dul.dense_features import DulDenseFeatures
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.network_weights import network_with_weights, new_network
from shls_core.propagation.dense_features import DenseFeatures

FRAME = np.random.default_rng(0).integers(0, 256, (35, 50, 3), dtype=np.uint8)
SMALL = DulNetworkConfig(width_multiplier=0.0625, embedding_size=6)


def test_the_published_network_has_the_published_size():
    network = new_network(DulNetwork, DulNetworkConfig(), seed=0)
    count = sum(weight.numel() for weight in network.parameters())
    assert count == 11_176_512 + 329_344


def test_embeddings_have_unit_length_row_by_row():
    network = new_network(DulNetwork, SMALL, seed=0).eval()
    images = network.normalised(torch.tensor(FRAME)[None])
    vectors = network.embeddings(images)
    assert vectors.shape == (1, 5 * 7, 6)
    torch.testing.assert_close(vectors.norm(dim=2), torch.ones(1, 35))
    maps = network.features(images, "embedding")
    direction = maps[0, :, 2, 3] / maps[0, :, 2, 3].norm()
    torch.testing.assert_close(vectors[0, 2 * 7 + 3], direction)


def test_weights_depend_on_the_seed_alone_and_come_back():
    torch.manual_seed(1)
    one = new_network(DulNetwork, SMALL, seed=3)
    torch.manual_seed(2)
    other = new_network(DulNetwork, SMALL, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    again = network_with_weights(DulNetwork, SMALL, one.state_dict())
    assert not again.training
    with pytest.raises(InputError, match="expected weights of a network with"):
        network_with_weights(DulNetwork, DulNetworkConfig(width_multiplier=0.125), one.state_dict())


@pytest.mark.parametrize(
    ("name", "stride", "channels"),
    [("layer1", 4, 4), ("layer3", 8, 16), ("layer4", 8, 32), ("embedding", 8, 6)],
)
def test_features_have_a_cell_for_every_stride_begun(name, stride, channels):
    features = DulDenseFeatures(new_network(DulNetwork, SMALL, seed=0), name)
    assert isinstance(features, DenseFeatures)
    assert features.stride == stride
    assert features.encode(FRAME).shape == (channels, -(-35 // stride), -(-50 // stride))


def test_features_that_do_not_exist_are_an_input_error():
    with pytest.raises(InputError, match=r"expected features of layer1, .*embedding with DUL, got 'layer5'"):
        DulDenseFeatures(new_network(DulNetwork, SMALL, seed=0), "layer5")
