import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.network_weights import network_with_weights, new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork, refining
from shls_core.methods.shls.refinement.config import RefinementConfig

TINY = NetworkConfig(width_multiplier=0.0625, superfeature_size=8)


def grid(height: int, width: int, cell: int) -> torch.Tensor:
    columns = -(-width // cell)
    return torch.arange(height)[:, None] // cell * columns + torch.arange(width) // cell


def noise(frames: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, size=(frames, height, width, 3), dtype=np.uint8))


def superfeatures_of(network: ShlsNetwork, frames: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    return network.superfeatures(network.encode_image(frames), maps).values


def test_superfeatures_are_non_negative_and_of_unit_length():
    maps = torch.stack([grid(32, 24, 8), grid(32, 24, 16)])
    network = new_network(ShlsNetwork, TINY, seed=3)
    superfeatures = network.superfeatures(network.encode_image(noise(2, 32, 24)), maps)
    assert superfeatures.offsets == (0, 12, 16)
    assert superfeatures.of_frame(1).shape == (4, 8)
    assert (superfeatures.values >= 0).all()
    torch.testing.assert_close(superfeatures.values.norm(dim=1), torch.ones(16))


def test_mixed_precision_does_not_round_superfeatures():
    network, maps = new_network(ShlsNetwork, TINY, seed=3), grid(32, 24, 8)[None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        superfeatures = superfeatures_of(network, noise(1, 32, 24), maps)
    assert superfeatures.dtype == torch.float32
    torch.testing.assert_close(superfeatures.norm(dim=1), torch.ones(12))


def test_frames_of_a_batch_do_not_touch_each_other():
    network = new_network(ShlsNetwork, TINY, seed=3).eval()
    frames, maps = noise(2, 32, 32), torch.stack([grid(32, 32, 8), grid(32, 32, 16)])
    together = superfeatures_of(network, frames, maps)
    apart = [superfeatures_of(network, frames[f : f + 1], maps[f : f + 1]) for f in range(2)]
    torch.testing.assert_close(together, torch.cat(apart))


def test_relabelling_superpixels_permutes_superfeatures():
    network = new_network(ShlsNetwork, TINY, seed=3).eval()
    frames, maps = noise(1, 32, 32), grid(32, 32, 8)[None]
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    original, relabelled = (
        superfeatures_of(network, frames, maps),
        superfeatures_of(network, frames, order[maps]),
    )
    torch.testing.assert_close(relabelled[order], original)


def test_superfeature_of_one_superpixel_equals_the_formula_written_out():
    network = new_network(ShlsNetwork, TINY, seed=5).eval()
    frames, superpixels = noise(1, 16, 16), torch.zeros(1, 16, 16, dtype=torch.int64)
    superpixels[0, :, 8:] = 1
    features, head = network.encode_image(frames), network.superfeature_head
    fine = torch.cat([features.fine[0, :, :, 8:].mean(dim=(1, 2)), torch.tensor([0.5, 0.5, 11.5 / 15])])
    coarse = torch.cat([features.coarse[0, :, :, 2:].mean(dim=(1, 2)), torch.tensor([0.5, 0.5, 2.5 / 3])])
    fused = 0.5 * head.fine(fine) + 0.5 * head.coarse(coarse)
    torch.testing.assert_close(superfeatures_of(network, frames, superpixels)[1], fused / fused.norm())


def test_superpixel_too_small_for_the_coarse_map_is_described_by_the_fine_half_alone():
    network = new_network(ShlsNetwork, TINY, seed=5).eval()
    superpixels = torch.zeros(1, 16, 16, dtype=torch.int64)
    superpixels[0, 5:7, 5:7] = 1
    before = superfeatures_of(network, noise(1, 16, 16), superpixels)
    with torch.no_grad():
        network.superfeature_head.coarse[0].bias += torch.randn(8, generator=torch.Generator().manual_seed(0))
    after = superfeatures_of(network, noise(1, 16, 16), superpixels)
    torch.testing.assert_close(after[1], before[1])
    assert not torch.allclose(after[0], before[0])


def test_no_seed_starts_dead():
    frames, maps = noise(1, 32, 32), grid(32, 32, 8)[None]
    for seed in range(40):
        network = new_network(ShlsNetwork, TINY, seed)
        superfeatures = superfeatures_of(network, frames, maps)
        assert (superfeatures.norm(dim=1) > 0.99).all(), seed
        assert superfeatures.std(dim=0).max() > 1e-3, seed
        (superfeatures @ superfeatures.T).sum().backward()
        gradient = network.backbone.stem[0].weight.grad
        assert gradient is not None, seed
        assert gradient.abs().max() > 0, seed


def test_initial_weights_follow_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, again, other = (new_network(ShlsNetwork, TINY, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["backbone.stem.0.weight"], other["backbone.stem.0.weight"])


def test_normalisation_constants_are_no_weights():
    assert not [name for name in new_network(ShlsNetwork, TINY, 0).state_dict() if "channel" in name]


def test_maps_of_another_size_are_refused():
    network = new_network(ShlsNetwork, TINY, 0)
    features = network.encode_image(noise(2, 16, 16))
    with pytest.raises(
        InputError, match=r"expected superpixel maps of shape \(2, 16, 16\), got \(2, 16, 12\)"
    ):
        network.superfeatures(features, torch.zeros(2, 16, 12, dtype=torch.int64))


def test_weights_move_to_a_new_network():
    original = new_network(ShlsNetwork, TINY, 1)
    original.superfeature_head.fuse.bias.data.fill_(0.25)
    copy = network_with_weights(ShlsNetwork, TINY, original.state_dict())
    assert not copy.training
    assert all(torch.equal(value, copy.state_dict()[name]) for name, value in original.state_dict().items())


def test_weights_of_another_configuration_are_refused():
    state = new_network(
        ShlsNetwork, NetworkConfig(width_multiplier=0.125, superfeature_size=8), 0
    ).state_dict()
    with pytest.raises(InputError, match=r"width_multiplier=0\.0625"):
        network_with_weights(ShlsNetwork, TINY, state)


@pytest.mark.parametrize("mode", ["off", "whole_frame"])
def test_a_network_may_refine_otherwise_with_the_same_weights(mode):
    config = NetworkConfig(
        width_multiplier=0.0625, refinement=RefinementConfig(mode="roi", decoder_width=0.0625)
    )
    network = new_network(ShlsNetwork, config, seed=1)
    other = refining(network, mode)
    assert other.config.refinement.mode == mode
    assert (other.refinement is None) == (mode == "off")
    known = network.state_dict()
    assert all(torch.equal(value, known[name]) for name, value in other.state_dict().items())
    assert network.config == config


def test_a_network_that_refines_so_already_is_left_as_it_is():
    network = new_network(ShlsNetwork, TINY, seed=0)
    assert refining(network, None) is network
    assert refining(network, "off") is network


def test_refinement_that_was_never_trained_is_refused():
    with pytest.raises(InputError, match="expected a network with refinement for mode roi, got one without"):
        refining(new_network(ShlsNetwork, TINY, seed=0), "roi")


def test_a_deviation_of_0_is_refused():
    with pytest.raises(ValueError, match="greater than 0"):
        NetworkConfig(channel_deviation=(0.229, 0.0, 0.225))
