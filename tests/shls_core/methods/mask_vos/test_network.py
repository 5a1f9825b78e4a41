import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.dul.config import DulNetworkConfig
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.mask_vos.config import MaskVosNetworkConfig
from shls_core.methods.mask_vos.enlarged import enlarged
from shls_core.methods.mask_vos.network import MaskVosNetwork
from shls_core.methods.network_weights import network_with_weights, new_network


def num_weights(part):
    return sum(value.numel() for value in part.parameters())


def test_it_has_the_published_size():
    """Counted by hand from the tables of the paper and its code: 11.5, 17.0 and 16.2 million."""
    with torch.device("meta"):
        network = MaskVosNetwork(MaskVosNetworkConfig())
    visual = num_weights(network.backbone) + num_weights(network.projection)
    assert visual == 11_505_856
    assert num_weights(network.mask_encoder) == pytest.approx(16.98e6, rel=0.005)
    assert num_weights(network.decoder) == pytest.approx(16.22e6, rel=0.005)


def test_the_visual_encoder_is_duls_by_names_and_values(tiny):
    ours = new_network(MaskVosNetwork, tiny.network, seed=3).state_dict()
    keys = DulNetworkConfig.model_fields.keys()
    duls = new_network(
        DulNetwork,
        DulNetworkConfig(**{key: getattr(tiny.network, key) for key in keys}),
        seed=3,
    ).state_dict()
    assert duls.keys() < ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in duls.items())


@pytest.mark.parametrize("mask_encoder", ["fused", "plain"])
@pytest.mark.parametrize("size", [(33, 33), (30, 45)])
def test_values_are_on_the_grid_and_log_odds_at_full_size(tiny, mask_encoder, size):
    config = tiny.network.model_copy(update={"mask_encoder": mask_encoder})
    network = new_network(MaskVosNetwork, config, seed=0).eval()
    images = network.normalised(torch.zeros(2, *size, 3, dtype=torch.uint8))
    encoded = network.encode(images)
    assert encoded.grid == tuple(-(-side // 8) for side in size)
    torch.testing.assert_close(encoded.keys.norm(dim=2), torch.ones(2, encoded.grid[0] * encoded.grid[1]))
    torch.testing.assert_close(encoded.keys, network.embeddings(images))
    values = network.values(images, torch.rand(2, *size), encoded)
    assert values.shape == (2, 32, *encoded.grid)
    log_odds = network.log_odds(values, values, encoded, size)
    assert log_odds.shape == (2, *size)
    assert log_odds.abs().max() < 5
    assert (
        network.state_dict().keys()
        == network_with_weights(MaskVosNetwork, config, network.state_dict()).state_dict().keys()
    )


def test_values_depend_on_the_mask(tiny):
    network = new_network(MaskVosNetwork, tiny.network, seed=0).eval()
    images = network.normalised(torch.zeros(1, 33, 33, 3, dtype=torch.uint8))
    encoded = network.encode(images)
    with_object = network.values(images, torch.ones(1, 33, 33), encoded)
    assert not torch.allclose(with_object, network.values(images, torch.zeros(1, 33, 33), encoded))


def test_weights_of_another_network_are_refused(tiny):
    other = tiny.network.model_copy(update={"mask_encoder": "plain"})
    with pytest.raises(InputError, match="expected weights of a network with"):
        network_with_weights(
            MaskVosNetwork, other, new_network(MaskVosNetwork, tiny.network, seed=0).state_dict()
        )


def test_cells_are_enlarged_from_their_centres():
    maps = torch.tensor([[[[0.0, 8.0]]]])
    assert enlarged(maps, (1, 10), 8)[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8]
    symmetric = torch.rand(1, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    found = enlarged(symmetric.flip(3), (17, 17), 8)
    torch.testing.assert_close(found, enlarged(symmetric, (17, 17), 8).flip(3))
