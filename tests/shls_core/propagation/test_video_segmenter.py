"""Masks of a video from its frames alone."""

import threading

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.division import division


class Recording:
    """A propagator that notes what it is given and answers with the first mask."""

    def __init__(self):
        self.seen = []

    def prepare(self, frame, stored=None):
        return frame.shape

    def start(self, prepared, mask):
        self.mask = mask
        self.seen = [prepared]

    def step(self, prepared):
        self.seen.append(prepared)
        return self.mask

    def introduce(self, prepared, mask):
        self.step(prepared)
        return np.where(mask > 0, mask, self.mask)


def noise(num_frames, height=96, width=128):
    return np.random.default_rng(0).integers(0, 255, (num_frames, height, width, 3), dtype=np.uint8)


def square(height=96, width=128, top=20, side=30):
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + side, 40 : 40 + side] = 3
    return mask


def test_a_stream_gives_what_steps_give():
    frames = noise(4)
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)

    def segmenter():
        return VideoSegmenter(shls_propagator(network, MemoryConfig(), division(num_superpixels=60)))

    stepped = segmenter()
    stepped.start(frames[0], square())
    one_by_one = [square(), *(stepped.step(frame) for frame in frames[1:])]
    np.testing.assert_array_equal(list(segmenter().segment(frames, square())), one_by_one)


def test_masks_come_back_at_the_size_of_the_frames():
    propagator = Recording()
    segmenter = VideoSegmenter(propagator, max_side=64)
    masks = list(segmenter.segment(noise(2), square()))
    assert propagator.seen == [(48, 64, 3)] * 2
    assert masks[1].shape == (96, 128)
    assert (masks[1] != square()).mean() < 0.02


def test_the_next_frame_is_prepared_while_the_current_one_is_worked_on():
    coming = iter(noise(3))
    third_read, third_prepared = threading.Event(), threading.Event()

    def frames():
        yield next(coming)
        yield next(coming)
        third_read.set()
        yield next(coming)

    class Waiting(Recording):
        prepared_by = ()

        def prepare(self, frame, stored=None):
            self.prepared_by += (threading.get_ident(),)
            if len(self.prepared_by) == 3:
                third_prepared.set()
            return super().prepare(frame)

        def step(self, prepared):
            # Deadlocks, and so fails, if the next frame were read, or prepared, after this step only.
            assert third_read.wait(timeout=30)
            assert third_prepared.wait(timeout=30)
            return super().step(prepared)

    waiting = Waiting()
    assert len(list(VideoSegmenter(waiting).segment(frames(), square()))) == 3
    here, *ahead = waiting.prepared_by
    assert here == threading.get_ident() not in ahead


def test_what_does_not_fit_is_refused():
    segmenter = VideoSegmenter(Recording(), max_side=32)
    with pytest.raises(InputError, match="expected a mask of the frame's size, 128x96, got 64x96"):
        segmenter.start(noise(1)[0], square()[:, :64])
    speck = np.zeros((96, 128), np.uint8)
    speck[1, 1] = 7
    with pytest.raises(InputError, match="can be seen at 32x24, object 7 cannot"):
        segmenter.start(noise(1)[0], speck)
    with pytest.raises(InputError, match="at least one frame"):
        list(segmenter.segment([], square()))
    segmenter.start(noise(1)[0], square())
    with pytest.raises(InputError, match="expected a frame of 128x96 as the first one, got 64x48"):
        segmenter.step(noise(1, 48, 64)[0])  # both are worked on at 32x24


def test_masks_of_later_frames_are_taken_when_their_frames_come():
    frames, newcomer = noise(5), square(top=60)
    newcomer[newcomer > 0] = 9
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)

    def segmenter():
        return VideoSegmenter(shls_propagator(network, MemoryConfig(), division(num_superpixels=60)))

    stepped = segmenter()
    stepped.start(frames[0], square())
    one_by_one = [
        square(),
        stepped.step(frames[1]),
        stepped.introduce(frames[2], newcomer),
        *(stepped.step(frame) for frame in frames[3:]),
    ]
    np.testing.assert_array_equal(list(segmenter().segment(frames, square(), {2: newcomer})), one_by_one)
    assert [9 in mask for mask in one_by_one[:3]] == [False, False, True]


def test_a_mask_given_for_a_later_frame_comes_back_as_it_is_from_a_smaller_working_size():
    odd = square(top=21, side=13)  # its borders fall between pixels of half the size
    segmenter = VideoSegmenter(Recording(), max_side=64)
    *_, last = segmenter.segment(noise(2), square(), {1: odd})
    np.testing.assert_array_equal(last, odd)


def test_later_masks_that_do_not_fit_are_refused():
    segmenter = VideoSegmenter(Recording(), max_side=32)
    with pytest.raises(InputError, match="expected a mask of the frame's size, 128x96, got 64x96"):
        list(segmenter.segment(noise(2), square(), {1: square()[:, :64]}))
    speck = np.zeros((96, 128), np.uint8)
    speck[1, 1] = 7
    with pytest.raises(InputError, match="can be seen at 32x24, object 7 cannot"):
        list(segmenter.segment(noise(2), square(), {1: speck}))
