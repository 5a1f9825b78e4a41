import math

import pytest
import torch
from torch import nn

from shls_core.methods.network_weights import new_network
from shls_core.methods.residual_block import ResidualBlock
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.decoder import FeatureDecoder
from shls_core.methods.shls.refinement.modulator import FeatureModulator


def num_parameters(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def random_maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_published_sizes():
    network = new_network(ShlsNetwork, NetworkConfig(refinement=RefinementConfig(mode="roi")), seed=0)
    refinement = network.refinement
    assert refinement is not None
    assert refinement.decoder.at_quarter[0].in_channels == 777
    assert num_parameters(network.backbone) == pytest.approx(5.1e6, rel=0.02)
    assert num_parameters(refinement.decoder) == pytest.approx(8.7e6, rel=0.02)
    assert num_parameters(refinement.modulator) == pytest.approx(0.1e6, rel=0.1)
    assert num_parameters(network) == pytest.approx(14e6, rel=0.02)


def test_both_frames_are_another_input_at_full_resolution():
    config = RefinementConfig(mode="roi", fine_input="both_frames")
    refinement = new_network(ShlsNetwork, NetworkConfig(refinement=config), seed=0).refinement
    assert refinement is not None
    # First mask, last prediction, 64 + 3 channels of the first frame; those of the current one, attention.
    assert refinement.decoder.at_full.fine.in_channels == 2 + 67 + 67 + 4
    assert refinement.decoder.at_quarter[0].in_channels == 777


def test_a_decoder_that_corrects_sees_the_coarse_mask_and_knows_how_far_to_trust_it():
    published, correcting = (
        new_network(
            ShlsNetwork, NetworkConfig(refinement=RefinementConfig(mode="roi", decoder_says=says)), 0
        ).refinement
        for says in ("mask", "correction")
    )
    assert published is not None
    assert correcting is not None
    assert correcting.decoder.at_full.fine.in_channels == published.decoder.at_full.fine.in_channels + 1
    assert set(correcting.state_dict()) - set(published.state_dict()) == {"coarse_log_odds"}


def test_half_width_has_a_quarter_of_the_weights():
    whole, half = (num_parameters(FeatureDecoder(777, 69, width)) for width in (1.0, 0.5))
    assert whole / 4 < half < whole / 3.2


def test_refinement_off_has_no_weights_and_leaves_the_others_as_they_are():
    off = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), seed=3).state_dict()
    config = RefinementConfig(mode="roi", decoder_width=0.0625)
    on = new_network(
        ShlsNetwork, NetworkConfig(width_multiplier=0.0625, refinement=config), seed=3
    ).state_dict()
    assert {name for name in on if not name.startswith("refinement.")} == set(off)
    assert len(on) > len(off)
    assert all(torch.equal(off[name], on[name]) for name in off)


def test_bare_off_of_yaml_is_off():
    assert RefinementConfig.model_validate({"mode": False}).mode == "off"


def test_decoder_gives_two_logits_for_every_pixel_and_reads_every_input():
    decoder = FeatureDecoder(9, 5, 0.0625)
    coarse, fine = random_maps(2, 9, 3, 5), random_maps(2, 5, 12, 20)
    coarse.requires_grad_()
    fine.requires_grad_()
    logits = decoder(coarse, fine)
    assert logits.shape == (2, 2, 12, 20)
    logits.square().sum().backward()
    assert (coarse.grad.abs().amax(dim=(0, 2, 3)) > 0).all()
    assert (fine.grad.abs().amax(dim=(0, 2, 3)) > 0).all()


def test_objects_decoded_together_do_not_touch_each_other():
    decoder = FeatureDecoder(9, 5, 0.0625)
    coarse, fine = random_maps(3, 9, 3, 5), random_maps(3, 5, 12, 20)
    apart = [decoder(coarse[k : k + 1], fine[k : k + 1]) for k in range(3)]
    torch.testing.assert_close(decoder(coarse, fine), torch.cat(apart))


def test_first_logits_are_far_from_certain_for_every_seed():
    for seed in range(10):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            decoder = FeatureDecoder(27, 9, 0.25)
        log_odds = decoder(random_maps(1, 27, 8, 8, seed=seed), random_maps(1, 9, 32, 32, seed=seed)).diff(
            dim=1
        )
        assert 1e-3 < log_odds.std() < 3, seed
        assert log_odds.abs().max() < 10, seed


def test_residual_block_is_shortcut_and_residual():
    block = ResidualBlock(3, 5)
    x = random_maps(1, 3, 4, 4)
    expected = block.shortcut(x) + block.second(block.first(x.relu()).relu())
    torch.testing.assert_close(block(x), expected)


def test_gate_is_a_softmax_over_channels_that_keeps_the_scale():
    modulator = FeatureModulator(fine_channels=6, coarse_channels=10, width=0.25)
    fine, attention, coarse = random_maps(2, 6, 12, 8), random_maps(2, 4, 12, 8), random_maps(2, 10, 3, 2)
    weights = modulator(fine, attention, torch.ones_like(coarse))
    assert weights.shape == coarse.shape
    assert (weights > 0).all()
    torch.testing.assert_close(weights.mean(dim=1), torch.ones(2, 3, 2))
    torch.testing.assert_close(modulator(fine, attention, coarse), coarse * weights)
    assert not math.isclose(weights.min().item(), weights.max().item())
    assert not torch.allclose(weights, modulator(fine, attention * 2, torch.ones_like(coarse)))
