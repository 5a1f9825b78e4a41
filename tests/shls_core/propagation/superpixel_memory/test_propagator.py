import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.roi import region_of_interest
from shls_core.photographs.crops import Box
from shls_core.propagation.interface import copy_first_mask, propagate
from shls_core.propagation.superpixel_memory.bank import MemoryBank
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.propagator import DividedFrame, SuperpixelMemoryPropagator

SIZE, CELL = 48, 8
SUPERPIXELS = (np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL).astype(np.uint16)


def stored(num_frames: int) -> dict[str, np.ndarray]:
    """The superpixels of frames, as a dataset brings them along."""
    return {"superpixel_maps": SUPERPIXELS[None].repeat(num_frames, axis=0)}


def moving_square(num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A textured square that moves one superpixel to the right per frame over another texture."""
    rng = np.random.default_rng(0)
    background = rng.integers(0, 60, size=(SIZE, SIZE, 3), dtype=np.uint8)
    square = np.array([255, 200, 0]) - rng.integers(0, 60, size=(16, 16, 3)) * [1, 1, 0]
    frames, masks = (
        background[None].repeat(num_frames, axis=0),
        np.zeros((num_frames, SIZE, SIZE), dtype=np.uint8),
    )
    for t in range(num_frames):
        area = np.s_[t, 16:32, 8 + t * CELL : 24 + t * CELL]
        frames[area], masks[area] = square, 2
    return frames, masks


def tiny_propagator(seed: int = 0, mode: str = "off") -> SuperpixelMemoryPropagator:
    refinement = RefinementConfig(mode=mode, decoder_width=0.0625)
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125, refinement=refinement), seed)
    return shls_propagator(network, MemoryConfig())


def test_follows_a_square_of_another_colour():
    frames, masks = moving_square(4)
    result = propagate(tiny_propagator(), frames, masks[0], stored(4))
    assert result.dtype == np.uint8
    assert np.array_equal(result[0], masks[0])
    assert set(np.unique(result)) == {0, 2}
    overlap = [
        ((r > 0) & (m > 0)).sum() / ((r > 0) | (m > 0)).sum() for r, m in zip(result, masks, strict=True)
    ]
    copied = [((masks[0] > 0) & (m > 0)).sum() / ((masks[0] > 0) | (m > 0)).sum() for m in masks]
    assert np.mean(overlap[1:]) > np.mean(copied[1:]) + 0.3


@pytest.mark.parametrize("mode", ["off", "whole_frame", "roi"])
def test_videos_leave_no_trace_in_propagator_or_network(mode):
    frames, masks = moving_square(3)
    maps = stored(3)
    used = tiny_propagator(mode=mode)
    propagate(used, frames[::-1].copy(), masks[2], maps)
    again = propagate(used, frames, masks[0], maps)
    assert np.array_equal(again, propagate(tiny_propagator(mode=mode), frames, masks[0], maps))


def test_refinement_that_says_nothing_but_object_fills_the_region_around_the_coarse_mask():
    frames, masks = moving_square(2)
    maps = stored(2)
    [_, coarse] = propagate(tiny_propagator(), frames, masks[0], maps)
    propagator = tiny_propagator(mode="roi")
    propagator._features._network.refinement.decoder.to_logits.bias.data[1] = 50.0
    [_, refined] = propagate(propagator, frames, masks[0], maps)
    (top, bottom), (left, right) = ((int(seen.min()), int(seen.max()) + 1) for seen in np.nonzero(coarse))
    region = region_of_interest(
        Box(top, left, bottom, right), Box(16, 8, 32, 24), coarse.shape, margin=0.15, min_side_share=0.05
    )
    expected = np.zeros_like(coarse)
    expected[region.top : region.bottom, region.left : region.right] = 2
    assert np.array_equal(refined, expected)


def test_read_only_frames_are_fine():
    frames, masks = moving_square(2)
    frames.setflags(write=False)
    assert propagate(tiny_propagator(), frames, masks[0], stored(2)).shape == masks.shape


def test_what_cannot_be_propagated_is_refused():
    frames, masks = moving_square(1)
    propagator = tiny_propagator()
    with pytest.raises(InputError, match=r"expected start\(\)"):
        propagator.step(DividedFrame(frames[0], SUPERPIXELS))
    with pytest.raises(InputError, match=r"expected a mask of shape \(48, 48\), got \(48, 40\)"):
        propagator.start(DividedFrame(frames[0], SUPERPIXELS), masks[0, :, :40])
    with pytest.raises(InputError, match="at least one object"):
        propagator.start(DividedFrame(frames[0], SUPERPIXELS), np.zeros_like(masks[0]))
    with pytest.raises(InputError, match="got 255"):
        propagator.start(DividedFrame(frames[0], SUPERPIXELS), np.full_like(masks[0], 255))
    propagator.start(DividedFrame(frames[0], SUPERPIXELS), masks[0])
    with pytest.raises(InputError, match=r"expected a frame of shape \(48, 48, 3\) as the first one"):
        propagator.step(DividedFrame(frames[0][:40], SUPERPIXELS[:40]))
    with pytest.raises(InputError, match="got 255"):
        propagator.start(DividedFrame(frames[0], SUPERPIXELS), np.full_like(masks[0], 255))
    with pytest.raises(InputError, match=r"expected start\(\)"):  # nothing is left of the video before
        propagator.step(DividedFrame(frames[0], SUPERPIXELS))


def test_a_frame_takes_its_stored_superpixels_and_is_divided_without():
    frame, asked = np.zeros((SIZE, SIZE, 3), np.uint8), []
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), 0)

    def divide(pixels):
        asked.append(pixels)
        return SUPERPIXELS

    divides = shls_propagator(network, MemoryConfig(), divide)
    other = SUPERPIXELS.T.copy()
    assert divides.prepare(frame, {"superpixel_maps": other}).superpixel_map is other
    assert asked == []
    assert divides.prepare(frame).superpixel_map is SUPERPIXELS
    assert asked[0] is frame
    with pytest.raises(
        InputError, match="expected a stored superpixel map, or a way to divide frames, got neither"
    ):
        shls_propagator(network, MemoryConfig()).prepare(frame)


def test_copy_of_the_first_mask():
    mask = np.array([[0, 3]], dtype=np.uint8)
    assert copy_first_mask(mask, 3).tolist() == [[[0, 3]]] * 3


def test_the_outlier_filter_drops_what_appears_far_away_and_the_memory_does_not_learn_it(monkeypatch):
    frames, masks = moving_square(2)
    frames[1, 32:48, 32:48] = frames[0, 16:32, 8:24]  # the object once more, in a corner
    maps = stored(2)
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), 0)
    update, learnt = MemoryBank.update, []

    def noting(bank, superfeatures, winners, sureness, may_be_learnt):
        learnt.append(may_be_learnt)
        update(bank, superfeatures, winners, sureness, may_be_learnt)

    monkeypatch.setattr(MemoryBank, "update", noting)
    plain = propagate(shls_propagator(network, MemoryConfig()), frames, masks[0], maps)
    filtered = propagate(shls_propagator(network, MemoryConfig(outlier_filter=True)), frames, masks[0], maps)
    assert (plain[1, 40:48, 40:48] == 2).any()
    assert not (filtered[1, 40:48, 40:48] == 2).any()
    assert (filtered[1] == 2).any()
    was_dropped = np.unique(SUPERPIXELS[plain[1] != filtered[1]])
    assert len(was_dropped)
    assert [learnt[1].numpy().nonzero()[0].tolist()] == [
        np.setdiff1d(np.arange(len(learnt[1])), was_dropped).tolist()
    ]
    assert learnt[0].all()


def with_newcomer(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add a green square, there from frame 2 on, to frames; its borders are not those of superpixels."""
    frames, mask = frames.copy(), np.zeros((SIZE, SIZE), dtype=np.uint8)
    frames[2:, 35:46, 3:14] = [0, 250, 120]
    mask[35:46, 3:14] = 7
    return frames, mask


def test_an_object_that_appears_later_is_followed_from_there():
    frames, masks = moving_square(4)
    frames, newcomer = with_newcomer(frames)
    propagator = tiny_propagator()
    propagator.start(DividedFrame(frames[0], SUPERPIXELS), masks[0])
    before = propagator.step(DividedFrame(frames[1], SUPERPIXELS))
    there = propagator.introduce(DividedFrame(frames[2], SUPERPIXELS), newcomer)
    after = propagator.step(DividedFrame(frames[3], SUPERPIXELS))
    assert set(np.unique(before)) == {0, 2}
    assert np.array_equal(there == 7, newcomer == 7)
    assert set(np.unique(there)) == {0, 2, 7}
    assert ((after == 7) & (newcomer == 7)).sum() > 0.5 * (newcomer == 7).sum()
    assert (after == 7).sum() < 3 * (newcomer == 7).sum()


@pytest.mark.parametrize("mode", ["off", "whole_frame", "roi"])
def test_what_is_introduced_changes_nothing_elsewhere_in_its_frame(mode):
    frames, masks = moving_square(3)
    frames, newcomer = with_newcomer(frames)
    fine = np.arange(SIZE * SIZE, dtype=np.uint16).reshape(SIZE, SIZE)  # nothing to split: a pixel each
    stepped, introduced = tiny_propagator(mode=mode), tiny_propagator(mode=mode)
    for propagator in (stepped, introduced):
        propagator.start(DividedFrame(frames[0], fine), masks[0])
        propagator.step(DividedFrame(frames[1], fine))
    without = stepped.step(DividedFrame(frames[2], fine))
    with_it = introduced.introduce(DividedFrame(frames[2], fine), newcomer)
    assert np.array_equal(with_it, np.where(newcomer > 0, newcomer, without))


@pytest.mark.parametrize("mode", ["off", "whole_frame", "roi"])
def test_an_object_given_again_is_where_the_mask_says_and_nowhere_else(mode):
    frames, masks = moving_square(2)
    propagator = tiny_propagator(mode=mode)
    propagator.start(DividedFrame(frames[0], SUPERPIXELS), masks[0])
    elsewhere = np.zeros_like(masks[0])
    elsewhere[40:, 40:] = 2
    assert np.array_equal(propagator.introduce(DividedFrame(frames[1], SUPERPIXELS), elsewhere), elsewhere)


def test_what_cannot_be_introduced_is_refused():
    frames, masks = moving_square(2)
    propagator = tiny_propagator()
    with pytest.raises(InputError, match=r"expected start\(\)"):
        propagator.introduce(DividedFrame(frames[0], SUPERPIXELS), masks[0])
    propagator.start(DividedFrame(frames[0], SUPERPIXELS), masks[0])
    with pytest.raises(InputError, match=r"expected a mask of shape \(48, 48\), got \(40, 48\)"):
        propagator.introduce(DividedFrame(frames[1], SUPERPIXELS), masks[0, :40])
    with pytest.raises(InputError, match="at least one object"):
        propagator.introduce(DividedFrame(frames[1], SUPERPIXELS), np.zeros_like(masks[0]))
