"""Vectors, descriptors and cells of two networks, of which both are colours here."""

import numpy as np
import pytest
import torch

from shls_core.propagation.fusion.described_frame import DescribedFrame
from shls_core.propagation.fusion.joined_features import JoinedFeatures, enlargement
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures

SIZE, CELL = 48, 12
SUPERPIXELS = np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL
FRAME = np.kron(
    np.random.default_rng(0).integers(1, 255, (SIZE // CELL, SIZE // CELL, 3)), np.ones((CELL, CELL, 1))
).astype(np.uint8)


class Colours:
    """The colours of every pixel of a stride, raised to a power: other features for every power."""

    device = torch.device("cpu")

    def __init__(self, stride=4, power=1.0):
        self.stride, self.power, self.seen = stride, power, []

    def encode(self, frame):
        self.seen.append(frame.shape)
        cells = torch.tensor(frame[:: self.stride, :: self.stride]).permute(2, 0, 1).float()
        return (cells / 255) ** self.power


class Refiner:
    """What refines nothing."""

    def introduce(self, view, mask, labels, attention): ...

    def refine(self, view, attention, coarse, guide=None): ...


REFINER = Refiner()


class Plain:
    """Features that are not described for anything beside the memory."""

    device = torch.device("cpu")

    def encode(self, frame, superpixel_map):
        described = PooledFeatures(Colours()).encode(frame, superpixel_map)
        return EncodedFrame(described.superfeatures, described.centres, described.superpixels, "a view")

    def refiner(self):
        return REFINER


def joined(share=1.0, side=1, second=None, votes=None):
    return JoinedFeatures(PooledFeatures(Colours()), second or Colours(power=3.0), share, side, votes).encode(
        FRAME, SUPERPIXELS
    )


@pytest.mark.parametrize("share", [0.25, 1.0, 3.0])
def test_cosines_are_the_mean_of_both_weighted_by_squared_lengths(share):
    alone = [PooledFeatures(Colours(power=power)).encode(FRAME, SUPERPIXELS) for power in (1.0, 3.0)]
    first, second = (one.superfeatures @ one.superfeatures.T for one in alone)
    found = joined(share).superfeatures
    expected = (first + share**2 * second) / (1 + share**2)
    torch.testing.assert_close(found @ found.T, expected)
    assert (first - second).abs().max() > 0.05


def test_descriptors_of_the_second_stand_behind_those_of_the_first_whatever_its_share_is():
    first = PooledFeatures(Colours()).encode(FRAME, SUPERPIXELS)
    second = PooledFeatures(Colours(power=3.0)).encode(FRAME, SUPERPIXELS)
    found = joined(0.25)
    assert torch.equal(found.descriptors, torch.cat([first.descriptors, second.descriptors], dim=1))
    for kept in ("centres", "superpixels", "cells"):
        assert torch.equal(getattr(found, kept), getattr(first, kept))


def test_what_is_not_described_stays_so():
    both = JoinedFeatures(Plain(), Colours(power=3.0), 1.0, 1)
    found = both.encode(FRAME, SUPERPIXELS)
    assert not isinstance(found, DescribedFrame)
    assert torch.equal(found.superfeatures, joined().superfeatures)
    assert (found.view, both.refiner(), both.device) == ("a view", REFINER, torch.device("cpu"))


@pytest.mark.parametrize(
    ("longest", "side", "factor"),
    [(427, 854, 2), (428, 854, 2), (854, 854, 1), (1920, 854, 1), (640, 854, 1), (100, 854, 8), (100, 1, 1)],
)
def test_frames_are_enlarged_by_a_divisor_of_the_stride(longest, side, factor):
    assert enlargement(longest, 8, side) == factor


def test_enlarged_frames_have_smaller_cells_on_the_same_places():
    fine, coarse = Colours(8), Colours(8)
    enlarged = joined(side=4 * SIZE, second=fine).descriptors[:, 3:]
    as_it_is = joined(side=SIZE, second=coarse).descriptors[:, 3:]
    assert (fine.seen, coarse.seen) == ([(192, 192, 3)], [(48, 48, 3)])
    truth = torch.tensor(FRAME[::CELL, ::CELL].reshape(-1, 3) / 255, dtype=torch.float32)
    errors = [float((found - truth).abs().mean()) for found in (enlarged, as_it_is)]
    assert errors[0] < 0.5 * errors[1]


def test_cells_for_votes_are_those_of_the_second_network():
    second = Colours(8, power=3.0)
    same = joined(side=2 * SIZE, second=second, votes=second)
    assert len(second.seen) == 1
    assert (same.stride, same.cells.shape) == (4, (3, 12, 12))
    others = Colours(4, power=2.0)
    found = joined(second=second, votes=others)
    assert (found.stride, found.cells.shape, len(others.seen)) == (4, (3, 12, 12), 1)
    assert torch.equal(found.cells, others.encode(FRAME))
    assert found.pooling.shape == (16, 144)
