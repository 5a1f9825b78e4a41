import pytest
import torch

from shls_core.methods.backbone import Backbone


def test_published_shape_and_size():
    backbone = Backbone(1.0)
    parameters = sum(weight.numel() for weight in backbone.parameters())
    # Convolutions of the four layers and the stem, shortcuts and batch norms, counted by hand.
    convolutions = 9_408 + 147_456 + 516_096 + 2_064_384 + 2_359_296
    shortcuts, batch_norms = 8_192 + 32_768, 2 * (5 * 64 + 5 * 128 + 5 * 256 + 4 * 256)
    assert parameters == convolutions + shortcuts + batch_norms
    assert (backbone.fine_channels, backbone.coarse_channels) == (64, 256)


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47), (35, 30)])
def test_maps_are_at_half_and_quarter_rounded_up(height, width):
    fine, coarse = Backbone(0.0625)(torch.zeros(2, 3, height, width))
    assert fine.shape == (2, 4, -(-height // 2), -(-width // 2))
    assert coarse.shape == (2, 16, -(-height // 4), -(-width // 4))
