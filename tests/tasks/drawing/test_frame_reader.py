"""Frames here and there, as somebody looks at them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos.video import open_video
from tasks.drawing.frame_reader import FrameReader


@pytest.fixture
def frames(clip):
    return FrameReader(open_video(clip))


def test_any_frame_in_any_order(frames, pixels):
    for number in (2, 0, 1, 1, 2, 0):
        assert frames[number].name == f"a{number}"
        np.testing.assert_array_equal(frames[number].pixels, pixels[number])


def test_beyond_the_end_is_refused_and_the_reader_goes_on(frames, pixels):
    with pytest.raises(InputError, match=r"expected a frame 0\.\.2 of .*clip, got 3"):
        frames[3]
    with pytest.raises(InputError, match="expected the number of a frame, from 0, got -1"):
        frames[-1]
    np.testing.assert_array_equal(frames[1].pixels, pixels[1])


def test_several_threads_get_what_they_ask_for(frames, pixels):
    wanted = [0, 2, 1, 2, 0, 1] * 5
    with ThreadPoolExecutor(4) as pool:
        for number, frame in zip(wanted, pool.map(frames.__getitem__, wanted), strict=True):
            np.testing.assert_array_equal(frame.pixels, pixels[number])
