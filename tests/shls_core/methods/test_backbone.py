import pytest
import torch

from shls_core.methods.backbone import EIGHTH, Backbone


def test_published_shape_and_size():
    backbone = Backbone(1.0)
    parameters = sum(weight.numel() for weight in backbone.parameters())
    # Convolutions of the four layers and the stem, shortcuts and batch norms, counted by hand.
    convolutions = 9_408 + 147_456 + 516_096 + 2_064_384 + 2_359_296
    shortcuts, batch_norms = 8_192 + 32_768, 2 * (5 * 64 + 5 * 128 + 5 * 256 + 4 * 256)
    assert parameters == convolutions + shortcuts + batch_norms
    assert backbone.channels == {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 256}


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47), (35, 30)])
def test_maps_are_at_half_and_quarter_rounded_up(height, width):
    layers = Backbone(0.0625)(torch.zeros(2, 3, height, width))
    assert layers["layer1"].shape == (2, 4, -(-height // 2), -(-width // 2))
    assert layers["layer4"].shape == (2, 16, -(-height // 4), -(-width // 4))


def test_the_backbone_at_an_eighth_has_the_published_size():
    assert sum(weight.numel() for weight in Backbone(1.0, EIGHTH).parameters()) == 11_176_512
    assert EIGHTH.layer_strides == {"layer1": 4, "layer2": 8, "layer3": 8, "layer4": 8}


@pytest.mark.parametrize(("side", "cells"), [(249, 32), (121, 16), (89, 12), (90, 12), (96, 12), (97, 13)])
def test_maps_at_an_eighth_are_rounded_up(side, cells):
    layers = Backbone(0.0625, EIGHTH)(torch.zeros(1, 3, side, side), "layer3")
    assert list(layers) == ["layer1", "layer2", "layer3"]
    assert layers["layer3"].shape == (1, 16, cells, cells)
