import numpy as np
import pytest
import torch

from shls_core.methods.momentum_memory.bottleneck import channel_of, jittered, without_channel
from shls_core.methods.momentum_memory.network import MomentumNetwork
from shls_core.methods.network_weights import new_network


def test_one_channel_is_nothing_in_all_frames_and_the_others_are_more():
    lab = torch.randn(3, 4, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    channels = torch.tensor([1, 2, 1])
    seen = without_channel(lab, channels)
    for clip, (channel, kept) in enumerate([(1, [0, 2]), (2, [0, 1]), (1, [0, 2])]):
        assert not seen[clip, :, channel].any()
        torch.testing.assert_close(seen[clip, :, kept], 1.5 * lab[clip, :, kept])
        assert torch.equal(channel_of(lab, channels)[clip], lab[clip, :, channel])


def test_colours_change_alike_in_all_frames_of_a_clip():
    lab = torch.ones(2, 3, 3, 2, 2)
    changed = jittered(lab, torch.tensor([[1.0, 2, 3], [1, 1, 1]]), torch.tensor([[0.0, 1, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(changed[0, :, :, 0, 0], [[1, 3, 3]] * 3)
    assert torch.equal(changed[1], lab[1])


@pytest.mark.parametrize("channel", [1, 2])
@pytest.mark.parametrize("name", ["embedding", "momentum", "layer4"])
def test_no_feature_depends_on_the_dropped_channel(tiny, channel, name):
    """The gradient is exactly 0, in the frame and in its references; that of the other channels is not."""
    network = new_network(MomentumNetwork, tiny.network, seed=0).train()
    lab = torch.rand(1, 3, 3, 21, 21, generator=torch.Generator().manual_seed(1)).requires_grad_()
    changed = jittered(lab, torch.tensor([[1.1, 0.9, 1.2]]), torch.tensor([[0.1, -0.1, 0.1]]))
    features = network.features(without_channel(changed, torch.tensor([channel]))[0], name)
    features.square().sum().backward()
    assert not lab.grad[:, :, channel].any()
    for kept in {0, 1, 2} - {channel}:
        assert all(frame[kept].any() for frame in lab.grad[0])
