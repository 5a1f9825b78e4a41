"""Pictures of a page: what they show, and that they are part of it."""

import base64

import cv2
import numpy as np
import pytest

from tasks.reports.pictures import compared, picture, pictured_frames


def test_the_result_is_a_tint_and_the_annotation_an_outline():
    frame = np.full((40, 40, 3), 100, np.uint8)
    result, truth = (np.zeros((40, 40), np.uint8) for _ in range(2))
    result[5:20, 5:20] = 1
    truth[10:30, 10:30] = 1
    drawn = compared(frame, result, truth)
    assert drawn.shape == (40, 40, 3)
    assert drawn[29, 15].tolist() == drawn[10, 12].tolist() == [255, 214, 0]
    # 55 % of 100 and 45 % of (128, 0, 0), both where the annotation agrees and where it does not.
    for point in ((7, 7), (15, 15)):
        assert np.abs(drawn[point].astype(int) - [113, 55, 55]).max() <= 1
    assert (drawn[25, 25] == 100).all()


def test_a_large_frame_becomes_400_px_wide():
    black = np.zeros((480, 854), np.uint8)
    assert compared(np.zeros((480, 854, 3), np.uint8), black, black).shape == (225, 400, 3)


def test_a_picture_is_a_jpeg_inside_the_page():
    drawn = np.zeros((16, 24, 3), np.uint8)
    drawn[..., 0] = 200
    made = picture(drawn, "red", "frame 0")
    head, _, data = made.source.partition(",")
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert head == "data:image/jpeg;base64"
    assert (made.width, made.height) == decoded.shape[1::-1] == (24, 16)
    assert np.abs(decoded[8, 12].astype(int) - [0, 0, 200]).max() < 10


@pytest.mark.parametrize(
    ("num_frames", "expected"), [(3, (0, 0, 1, 1)), (50, (0, 16, 32, 48)), (104, (0, 33, 67, 101))]
)
def test_frames_are_shown_at_0_33_66_and_99_per_cent(num_frames, expected):
    assert pictured_frames(num_frames) == expected
