import numpy as np
import pytest

from shls_core.metrics.scores import global_scores
from shls_core.propagation.evaluation import by_copying, by_propagation, evaluate
from shls_core.propagation.labelled_sequence import LabelledSequence


def moving_square(shift_px: int, num_frames: int = 5) -> LabelledSequence:
    """A square of 8 px on a frame of 32 px that moves right by `shift_px` a frame."""
    masks = np.zeros((num_frames, 32, 32), np.uint8)
    for time in range(num_frames):
        masks[time, 8:16, 4 + time * shift_px : 12 + time * shift_px] = 1
    frames = np.repeat(masks[..., None] * 255, 3, axis=-1)
    superpixels = np.arange(num_frames, dtype=np.uint16)[:, None, None] + np.zeros_like(
        masks, dtype=np.uint16
    )
    return LabelledSequence(f"shift {shift_px}", frames, masks, {"superpixel_maps": superpixels})


class Oracle:
    """Reads the mask off the frame, and the number of the frame off its stored superpixels."""

    def prepare(self, frame, stored):
        return frame, int(stored["superpixel_maps"].max())

    def start(self, prepared, mask):
        self.numbers = [prepared[1]]

    def step(self, prepared):
        frame, number = prepared
        self.numbers.append(number)
        return (frame[..., 0] > 0).astype(np.uint8)

    def introduce(self, prepared, mask):
        return self.step(prepared)


def test_perfect_propagation_scores_one():
    oracle = Oracle()
    found = evaluate(by_propagation(oracle), [moving_square(0), moving_square(2)])
    assert global_scores(found).jf_mean == 1.0
    assert oracle.numbers == [0, 1, 2, 3, 4]


def test_copying_scores_the_overlap_with_the_first_mask():
    # Frames 1, 2, 3 are scored: shifted by 2, 4, 6 of 8 px, they share 6, 4, 2 columns of 10, 12, 14.
    (found,) = evaluate(by_copying, [moving_square(2)])
    assert found.frame_j == pytest.approx((6 / 10, 4 / 12, 2 / 14))


def test_scores_name_the_sequence_they_are_of():
    assert [found.name for found in evaluate(by_copying, [moving_square(1)])] == ["shift 1_1"]
