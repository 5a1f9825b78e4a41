"""Permutations, and gradients through memory and refinement."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.encoded_frame import encode_frames
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.propagation.superpixel_memory.bank import MemoryBank
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.inside import inside_own_class
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker, TrackedFrame
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask

SIZE, CELL, NUM_FRAMES = 32, 4, 3
CELLS = np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL
NUM_CELLS = int(CELLS.max()) + 1


OURS = MemoryConfig(pre_segmentation="knn_vote", neighbours=3, place_weight=1.0, inside_only=True)
SWITCHES = [
    ("off", "mask", MemoryConfig()),
    ("roi", "mask", MemoryConfig()),
    ("off", "mask", OURS),
    ("roi", "correction", OURS),
]
"""Mode of refinement, what its decoder says, memory: as published, and as configs/stills.yaml has them."""


def network(mode: str = "roi", seed: int = 0, decoder_says: str = "mask") -> ShlsNetwork:
    refinement = RefinementConfig(mode=mode, decoder_width=0.0625, decoder_says=decoder_says)
    config = NetworkConfig(width_multiplier=0.0625, superfeature_size=8, refinement=refinement)
    return new_network(ShlsNetwork, config, seed).eval()


def three_squares(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three squares of different colours on noise, moving down."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 80, size=(NUM_FRAMES, SIZE, SIZE, 3), dtype=np.uint8)
    masks = np.zeros(frames.shape[:3], np.uint8)
    for label, (top, left) in enumerate(((1, 2), (3, 18), (17, 9)), start=1):
        for t in range(NUM_FRAMES):
            area = np.s_[t, top + 2 * t : top + 2 * t + 9, left : left + 10]
            masks[area] = label
            frames[area] = rng.integers(100, 140, size=(9, 10, 3)) + 100 * np.eye(3, dtype=int)[label - 1]
    return frames, masks


def begin(
    net: ShlsNetwork,
    frames: np.ndarray,
    maps: np.ndarray,
    mask: np.ndarray,
    config: MemoryConfig | None = None,
) -> tuple[ObjectTracker, list[EncodedFrame]]:
    """Return a tracker that knows the first frame, and the encoded others."""
    split, labels = split_along_mask(maps[0].astype(np.int64), mask)
    maps = np.stack([split, *maps[1:]]).astype(np.int64)
    first, *others = encode_frames(net, torch.from_numpy(frames), torch.from_numpy(maps))
    known = torch.from_numpy(mask.astype(np.int64))
    refiner = Refiner(net.refinement, 0.15) if net.refinement else None
    tracker = ObjectTracker(config or MemoryConfig(), first, known, torch.from_numpy(labels), refiner)
    return tracker, others


def track(
    net: ShlsNetwork,
    frames: np.ndarray,
    maps: np.ndarray,
    mask: np.ndarray,
    config: MemoryConfig | None = None,
) -> list[TrackedFrame]:
    tracker, others = begin(net, frames, maps, mask, config)
    return [tracker.step(frame) for frame in others]


def test_what_touches_another_class_stays_out_of_the_memory_where_so_configured():
    frames, masks = three_squares(0)
    off = NetworkConfig(width_multiplier=0.0625, superfeature_size=8)
    net, maps = new_network(ShlsNetwork, off, 0).eval(), np.stack([CELLS] * NUM_FRAMES)
    grown = {}
    for inside_only in (False, True):
        config = MemoryConfig(update_threshold=0, inside_only=inside_only)
        tracker, (frame, _) = begin(net, frames, maps, masks[0], config)
        before = len(tracker._memory.references)
        mask = tracker.step(frame).mask.long()
        grown[inside_only] = len(tracker._memory.references) - before
    of_cells = mask[::CELL, ::CELL]
    inside = inside_own_class(of_cells.flatten(), torch.arange(NUM_CELLS).reshape(of_cells.shape))
    assert 0 < inside.sum() < NUM_CELLS
    assert grown == {False: NUM_CELLS, True: int(inside.sum())}


def test_superpixels_that_look_alike_are_told_apart_by_where_they_were():
    frames, masks = three_squares(0)
    net = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625, superfeature_size=8), 0).eval()
    torch.nn.init.zeros_(net.superfeature_head.fuse.weight)
    torch.nn.init.ones_(net.superfeature_head.fuse.bias)  # every superfeature is the same
    mask = masks[0][::CELL, ::CELL].repeat(CELL, 0).repeat(CELL, 1)
    found = {}
    for weight in (0.0, 1.0):
        config = MemoryConfig(neighbours=1, pre_segmentation="knn_vote", place_weight=weight)
        tracker, (frame, _) = begin(net, frames, np.stack([CELLS] * NUM_FRAMES), mask, config)
        found[weight] = tracker.step(frame).mask.numpy()
    assert np.array_equal(found[1.0], mask)
    assert not found[0.0].any()  # of equals the first, the background


def test_without_refinement_the_coarse_mask_is_the_result():
    frames, masks = three_squares(0)
    off = NetworkConfig(width_multiplier=0.0625, superfeature_size=8)
    tracked = track(new_network(ShlsNetwork, off, 0).eval(), frames, np.stack([CELLS] * NUM_FRAMES), masks[0])
    assert all(frame.refined is None for frame in tracked)
    for frame in tracked:
        labels_of_cells = frame.mask.reshape(8, CELL, 8, CELL).amax(dim=(1, 3))
        assert torch.equal(labels_of_cells.repeat_interleave(CELL, 0).repeat_interleave(CELL, 1), frame.mask)


@pytest.mark.parametrize(("mode", "decoder_says", "memory"), SWITCHES)
@settings(max_examples=10)
@given(order=st.permutations([1, 2, 3]), seed=st.integers(0, 50))
def test_permuting_object_ids_permutes_the_result_and_nothing_else(mode, decoder_says, memory, order, seed):
    frames, masks = three_squares(seed)
    maps, renamed = np.stack([CELLS] * NUM_FRAMES), np.array([0, *order], np.uint8)
    with torch.inference_mode():
        net = network(mode, decoder_says=decoder_says)
        original = track(net, frames, maps, masks[0], memory)
        permuted = track(net, frames, maps, renamed[masks[0]], memory)
    for one, other in zip(original, permuted, strict=True):
        assert_same(torch.from_numpy(renamed)[one.mask.long()], other.mask)
        if one.refined and other.refined:
            torch.testing.assert_close(
                other.refined.log_odds[[0, *order]], one.refined.log_odds, rtol=1e-3, atol=1e-3
            )


@pytest.mark.parametrize(("mode", "decoder_says", "memory"), SWITCHES)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**20))
def test_permuting_superpixel_labels_changes_nothing(mode, decoder_says, memory, seed):
    rng = np.random.default_rng(seed)
    frames, masks = three_squares(seed % 50)
    maps = np.stack([CELLS] * NUM_FRAMES)
    relabelled = np.stack([rng.permutation(NUM_CELLS)[CELLS] for _ in range(NUM_FRAMES)])
    with torch.inference_mode():
        net = network(mode, decoder_says=decoder_says)
        original = track(net, frames, maps, masks[0], memory)
        permuted = track(net, frames, relabelled, masks[0], memory)
    for one, other in zip(original, permuted, strict=True):
        assert_same(one.mask, other.mask)
        if one.refined and other.refined:
            torch.testing.assert_close(other.refined.log_odds, one.refined.log_odds, rtol=1e-3, atol=1e-3)


def assert_same(one: torch.Tensor, other: torch.Tensor) -> None:
    """Sums in another order differ in their last bits: where two classes tie, a pixel may go either way."""
    assert (one != other).float().mean() < 0.01


@pytest.mark.parametrize("mode", ["roi", "whole_frame"])
def test_gradients_of_the_refined_masks_reach_every_weight(mode):
    net = network(mode, seed=1).train()
    frames, masks = three_squares(0)
    tracked = track(net, frames, np.stack([CELLS] * NUM_FRAMES), masks[0])
    torch.stack(
        [frame.refined.log_odds.softmax(dim=0)[1:].square().sum() for frame in tracked]
    ).sum().backward()
    for name, weight in net.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_gradients_of_a_refined_mask_go_back_through_the_memory():
    frames, masks = three_squares(0)
    tracker, (second, _) = begin(network(seed=1), frames, np.stack([CELLS] * NUM_FRAMES), masks[0])
    known = tracker._memory
    remembered = torch.cat([known.references.first(column) for column in range(len(known.classes))])
    remembered = remembered.detach().requires_grad_()
    labels = known.classes.repeat_interleave(
        torch.tensor([len(known.references.first(column)) for column in range(len(known.classes))])
    )
    tracker._memory = MemoryBank(remembered, labels, MemoryConfig())
    tracker.step(second).refined.log_odds.square().sum().backward()
    assert remembered.grad.abs().max() > 0


def test_gradients_of_a_refined_mask_go_back_through_the_prediction_before():
    frames, masks = three_squares(0)
    tracker, (second, third) = begin(network(seed=1), frames, np.stack([CELLS] * NUM_FRAMES), masks[0])
    fine = second.view.fine.detach().requires_grad_()
    tracker.step(replace(second, view=replace(second.view, fine=fine)))
    tracker.step(third).refined.log_odds.square().sum().backward()
    assert fine.grad.abs().max() > 0


def test_video_that_starts_without_background():
    frames, masks = three_squares(0)
    first = np.where(masks[0] == 0, 1, masks[0]).astype(np.uint8)
    with torch.inference_mode():
        tracked = track(network(), frames, np.stack([CELLS] * NUM_FRAMES), first)
    assert all(frame.refined.labels == (0, 1, 2, 3) for frame in tracked)
