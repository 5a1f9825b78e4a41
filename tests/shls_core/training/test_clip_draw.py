import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from shls_core.training.clip_draw import ClipDraw, ClipPart, cut_frame, draw_part

DRAW = ClipDraw(num_frames=5, gap=2, short_side=(256, 320), crop=249, flip=0.5)


def parts(num_frames, height=320, width=569, count=300, draw=DRAW):
    return [draw_part(np.random.default_rng(seed), draw, num_frames, height, width) for seed in range(count)]


def published_numbers(length, num_frames, gap, start):
    """The frames of a window as the specification says it, step by step."""
    window = min(length, gap * num_frames)
    stride = window // num_frames
    return [start + offset for offset in range(0, window, stride)][:num_frames]


@pytest.mark.parametrize(("length", "starts"), [(36, 27), (11, 2), (10, 1), (8, 1), (5, 1)])
def test_frames_come_from_a_window_whose_start_is_uniform(length, starts):
    found = parts(length)
    assert {part.numbers[0] for part in found} == set(range(starts))
    for part in found:
        assert list(part.numbers) == published_numbers(length, 5, 2, part.numbers[0])
        assert part.numbers[-1] < length


def test_a_square_lies_inside_a_frame_whose_short_side_is_drawn():
    found = parts(36)
    assert {part.height for part in found} <= set(range(256, 321))
    assert {min(part.height for part in found), max(part.height for part in found)} == {256, 320}
    for part in found:
        assert abs(part.width - part.height * 569 / 320) <= 0.5
        assert 0 <= part.top <= part.height - 249
        assert 0 <= part.left <= part.width - 249
    assert 0.4 < np.mean([part.flipped for part in found]) < 0.6


def test_upright_frames_have_their_short_side_across():
    assert all(
        part.width <= 320 < part.height for part in parts(36, height=569, width=320) if part.width > 200
    )


def test_draws_come_in_the_order_of_the_specification():
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    part = draw_part(rng, DRAW, 36, 320, 569)
    start = again.integers(36 - 10 + 1)
    side = again.integers(256, 321)
    top = again.integers(side - 249 + 1)
    left = again.integers(part.width - 249 + 1)
    flipped = again.random() < 0.5
    assert (part.numbers[0], part.height, part.top, part.left, part.flipped) == (
        start,
        side,
        top,
        left,
        flipped,
    )


@pytest.mark.parametrize(
    "keys", [{"crop": 300}, {"short_side": (300, 280)}, {"flip": 1.5}, {"num_frames": 0}]
)
def test_what_cannot_be_drawn_is_refused(keys):
    with pytest.raises(ValidationError):
        ClipDraw.model_validate(DRAW.model_dump() | keys)


def test_a_square_is_cut_out_of_the_frame_that_was_made_smaller():
    frame = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    part = ClipPart((0,), height=40, width=60, top=3, left=7, flipped=False)
    expected = cv2.resize(frame, (60, 40), interpolation=cv2.INTER_AREA)[3:36, 7:40]
    np.testing.assert_array_equal(cut_frame(frame, part, 33), expected)
    mirrored = ClipPart((0,), height=40, width=60, top=3, left=7, flipped=True)
    np.testing.assert_array_equal(cut_frame(frame, mirrored, 33), expected[:, ::-1])


def test_a_frame_of_the_drawn_size_keeps_its_pixels():
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    part = ClipPart((0,), height=40, width=60, top=0, left=27, flipped=False)
    np.testing.assert_array_equal(cut_frame(frame, part, 33), frame[:33, 27:])


def test_a_frame_that_is_too_small_is_enlarged_without_steps():
    frame = np.repeat(np.arange(0, 240, 12, dtype=np.uint8)[None, :, None], 20, axis=0).repeat(3, axis=2)
    part = ClipPart((0,), height=60, width=60, top=0, left=0, flipped=False)
    enlarged = cut_frame(frame, part, 60)
    assert np.abs(np.diff(enlarged[..., 0].astype(int), axis=1)).max() <= 4
