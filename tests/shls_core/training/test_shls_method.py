import numpy as np
import pytest
import torch

from shls_core.losses.nt_xent import nt_xent
from shls_core.network.config import NetworkConfig
from shls_core.network.shls_network import new_network
from shls_core.training.batch import TrainingBatch
from shls_core.training.shls_method import ShlsMethod

QUADRANTS = np.kron([[0, 1], [2, 3]], np.ones((8, 8), dtype=int)).astype(np.uint16)


def test_loss_is_the_mean_over_frames_of_nt_xent_with_most_overlapping_objects():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, size=(2, 2, 16, 16, 3), dtype=np.uint8)
    masks = np.zeros((2, 2, 16, 16), dtype=np.uint8)
    masks[0, 0, :, 3:] = 1  # most of the left half, and all of the right one
    masks[0, 1, :, 5:] = 1
    masks[1, 0] = 2  # a single class: contributes 0
    masks[1, 1, :9] = 1
    labels = [[1, 1, 1, 1], [0, 1, 0, 1], [2, 2, 2, 2], [1, 1, 0, 0]]

    network = new_network(NetworkConfig(width_multiplier=0.0625), seed=0)
    superpixel_maps = np.broadcast_to(QUADRANTS, masks.shape)
    loss = ShlsMethod(network, 0.07).loss(TrainingBatch(frames, superpixel_maps, masks))["nt_xent"]

    features = network.encode_image(torch.tensor(frames.reshape(4, 16, 16, 3)))
    maps = torch.tensor(superpixel_maps.reshape(4, 16, 16).astype(np.int64))
    superfeatures = network.superfeatures(features, maps)
    terms = [nt_xent(superfeatures.of_frame(f), torch.tensor(labels[f]), 0.07).item() for f in range(4)]
    assert terms[0] == terms[2] == 0.0
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-4)
