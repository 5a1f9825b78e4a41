"""The network that learns one video."""

import pytest
import torch

from shls_core.adaptation.unet import UNet


def num_weights(network):
    return sum(weights.numel() for weights in network.parameters())


def test_at_full_width_it_has_the_published_number_of_weights():
    assert num_weights(UNet(2, 1.0)) == pytest.approx(14.3e6, rel=0.005)
    assert num_weights(UNet(2, 0.25)) < 1e6


@pytest.mark.parametrize("side", [32, 64, 90])
def test_every_pixel_has_a_logit_for_each_class(side):
    network = UNet(4, 0.0625).eval()
    assert network(torch.zeros(2, 3, side, side)).shape == (2, 4, side, side)


def test_fine_detail_reaches_the_output():
    network = UNet(2, 0.0625).eval()
    frame = torch.zeros(1, 3, 64, 64)
    changed = frame.clone()
    changed[0, 0, 20, 20] = 5.0
    with torch.no_grad():
        differs = (network(frame) != network(changed)).any(dim=1)[0]
    assert differs[20, 20]
