"""A video segmented from masks at any of its frames."""

from dataclasses import replace

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos.frame import Frame
from shls_core.propagation.given_masks import segment_from_masks
from shls_core.propagation.video_segmenter import VideoSegmenter


class Brightest:
    """A propagator that labels a frame by its red, to tell frames apart, and writes what is given over it."""

    def prepare(self, frame, stored=None):
        return frame[..., 0].copy()

    def start(self, prepared, mask):
        self.started = mask

    def step(self, prepared):
        return prepared

    def introduce(self, prepared, mask):
        return np.where(mask > 0, mask, prepared)


def frames(count):
    for number in range(count):
        yield Frame(f"f{number}", np.full((24, 32, 3), 100 + number, np.uint8))


def mask(label):
    given = np.zeros((24, 32), np.uint8)
    given[:8] = label
    return given


def labels(found):
    return [(frame.name, np.unique(result).tolist()) for frame, result in found]


def segmenter():
    return VideoSegmenter(Brightest())


def test_every_frame_has_the_mask_of_its_own_pixels_and_masks_come_where_they_belong():
    found = labels(segment_from_masks(segmenter(), frames(6), {1: mask(1), 4: mask(2), 3: mask(3)}))
    assert found == [
        ("f0", [0]),  # before the first mask
        ("f1", [0, 1]),
        ("f2", [102]),
        ("f3", [3, 103]),
        ("f4", [2, 104]),
        ("f5", [105]),
    ]


def test_a_mask_of_another_size_is_refused_before_anything_is_made():
    found = segment_from_masks(segmenter(), frames(3), {2: mask(1)[:20]})
    with pytest.raises(InputError, match="expected a mask of the frame's size, 32x24, got 32x20"):
        next(found)


@pytest.mark.parametrize("masks", [{3: mask(1)}, {0: mask(1), 3: mask(2)}, {5: mask(1)}])
def test_a_mask_of_no_frame_is_an_error_at_the_end(masks):
    found = segment_from_masks(segmenter(), frames(3), masks)
    for _ in range(3):
        next(found)
    with pytest.raises(InputError, match=f"got 3 frames and a mask of number {max(masks)}"):
        next(found)


def with_damaged(count, *damaged):
    for number, frame in enumerate(frames(count)):
        yield replace(frame, is_damaged=number in damaged)


def test_a_damaged_frame_has_the_mask_before_it_and_later_masks_stay_at_their_frames():
    given = {1: mask(1), 5: mask(2)}
    found = labels(segment_from_masks(segmenter(), with_damaged(8, 0, 2, 3, 7), given))
    assert found == [
        ("f0", [0]),
        ("f1", [0, 1]),
        ("f2", [0, 1]),
        ("f3", [0, 1]),
        ("f4", [104]),
        ("f5", [2, 105]),
        ("f6", [106]),
        ("f7", [106]),
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_a_mask_of_a_damaged_frame_is_refused(number):
    found = segment_from_masks(segmenter(), with_damaged(5, number), {1: mask(1), 3: mask(2)})
    with pytest.raises(InputError, match=f"got a mask of f{number}, which is damaged"):
        list(found)
