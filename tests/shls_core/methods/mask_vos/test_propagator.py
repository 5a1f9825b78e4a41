import numpy as np
import pytest
import torch
from torch import nn

from shls_core.errors import InputError
from shls_core.methods.mask_vos.network import MaskVosNetwork
from shls_core.methods.mask_vos.propagator import MaskVosPropagator
from shls_core.methods.mask_vos.use_config import MaskVosUseConfig
from shls_core.methods.network_weights import new_network
from shls_core.propagation.interface import MaskPropagator, propagate

SIZE = (40, 45)
FRAMES = np.random.default_rng(0).integers(0, 256, (5, *SIZE, 3), dtype=np.uint8)
MASK = np.zeros(SIZE, np.uint8)
MASK[5:28, 5:28] = 2
MASK[20:36, 28:44] = 9


class MaskAsValues(nn.Module):
    """A frame-mask encoder whose values are the mask itself, at the centres of the cells."""

    def forward(self, images, masks, visual):
        return masks[:, None, ::8, ::8]


class ValuesAsMask(nn.Module):
    """A decoder that returns the coarse channel it is given."""

    def forward(self, values, of_mask, layer1, layer2, size):
        nearest = of_mask[:, 0].repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)
        return 30 * (nearest[:, : size[0], : size[1]] - 0.5)


@pytest.fixture
def network(tiny):
    return new_network(MaskVosNetwork, tiny.network, seed=0).eval()


@pytest.fixture
def plain(network):
    network.mask_encoder, network.decoder = MaskAsValues(), ValuesAsMask()
    return network


def test_it_is_a_propagator_whose_masks_have_the_given_labels(network):
    propagator = MaskVosPropagator(network, MaskVosUseConfig())
    assert isinstance(propagator, MaskPropagator)
    found = propagate(propagator, FRAMES, MASK)
    assert found.shape == (5, *SIZE)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {0, 2, 9}
    assert np.array_equal(found, propagate(propagator, FRAMES, MASK))


def test_a_decoder_that_returns_its_coarse_channel_is_a_fixed_point_of_the_rounds(plain):
    found = [
        propagate(MaskVosPropagator(plain, MaskVosUseConfig(refinement_rounds=rounds)), FRAMES, MASK)
        for rounds in (1, 2, 3)
    ]
    assert found[0].any()
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_a_still_video_keeps_its_mask(plain):
    still = np.repeat(FRAMES[:1], 4, axis=0)
    found = propagate(MaskVosPropagator(plain, MaskVosUseConfig(neighbours=1)), still, MASK)
    assert (found[1:, ::8, ::8] == MASK[::8, ::8]).all()


def test_without_rounds_the_carried_values_alone_are_decoded(network):
    calls = []
    network.mask_encoder.register_forward_hook(lambda *_: calls.append(1))
    propagate(MaskVosPropagator(network, MaskVosUseConfig(refinement_rounds=0)), FRAMES[:2], MASK)
    assert len(calls) == 2 * 2  # what is remembered of two frames and two objects
    calls.clear()
    propagate(MaskVosPropagator(network, MaskVosUseConfig(refinement_rounds=3)), FRAMES[:2], MASK)
    assert len(calls) == 2 * 2 + 3 * 2


def test_permuted_labels_permute(network):
    propagator = MaskVosPropagator(network, MaskVosUseConfig())
    found = propagate(propagator, FRAMES, MASK)
    swapped = np.select([MASK == 2, MASK == 9], [9, 2], 0).astype(np.uint8)
    other = propagate(propagator, FRAMES, swapped)
    assert (np.select([other == 2, other == 9], [9, 2], 0) == found).mean() > 0.999


def test_an_object_given_later_is_there_and_nowhere_else(plain):
    propagator = MaskVosPropagator(plain, MaskVosUseConfig(neighbours=1))
    first = np.where(MASK == 2, MASK, 0)
    prepared = propagator.prepare(FRAMES[0])
    propagator.start(prepared, first)
    later = np.where(MASK == 9, MASK, 0)
    found = propagator.introduce(prepared, later)
    assert np.array_equal(found == 9, MASK == 9)
    assert (found == 2).any()
    assert (propagator.step(prepared)[::8, ::8] == MASK[::8, ::8]).all()


def test_memory_does_not_grow_with_time(network):
    propagator = MaskVosPropagator(network, MaskVosUseConfig(context=2))
    prepared = propagator.prepare(FRAMES[0])
    propagator.start(prepared, MASK)
    for _ in range(6):
        propagator.step(prepared)
    assert sorted(propagator._tracker._frames) == [0, 5, 6]


def test_what_cannot_be_followed_is_refused(network):
    propagator = MaskVosPropagator(network, MaskVosUseConfig())
    prepared = propagator.prepare(FRAMES[0])
    with pytest.raises(InputError, match="expected start"):
        propagator.step(prepared)
    with pytest.raises(InputError, match="expected a mask of shape"):
        propagator.start(prepared, MASK[:8])
    with pytest.raises(InputError, match="got background only"):
        propagator.start(prepared, np.zeros_like(MASK))
    propagator.start(prepared, MASK)
    with pytest.raises(InputError, match="expected a frame of shape"):
        propagator.step(propagator.prepare(FRAMES[0][:32]))


def test_values_of_frames_are_weighted_means(network):
    """Against a loop: one context frame, all cells of the window."""
    config = MaskVosUseConfig(context=0, neighbours="all", window="none", refinement_rounds=1)
    propagator = MaskVosPropagator(network, config)
    propagator.start(propagator.prepare(FRAMES[0]), MASK)
    prepared = propagator.prepare(FRAMES[1])
    carried = propagator._tracker.carried(prepared.features)
    remembered = propagator._tracker._frames[0]
    keys, query = (one.float().flatten(0, 1) for one in (remembered.features, prepared.features))
    for label in (2, 9):
        rows = remembered.rows[label].float()
        for cell in range(0, len(query), 7):
            weights = torch.exp(keys @ query[cell] / 0.05)
            expected = (weights[:, None] * rows).sum(dim=0) / weights.sum()
            row, column = divmod(cell, prepared.features.shape[1])
            torch.testing.assert_close(carried[label].share[row, column], expected[0])
            torch.testing.assert_close(carried[label].values[:, row, column], expected[1:])
