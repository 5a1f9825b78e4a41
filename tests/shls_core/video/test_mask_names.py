"""Masks find their frames by name, where it can mean one frame only."""

import unicodedata

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos.video import Video, open_video
from shls_core.video.mask_names import frame_of


@pytest.fixture
def folder(tmp_path):
    """A function that makes a folder of frames with these names and opens it."""

    def opened(*names):
        for name in names:
            assert cv2.imwrite(str(tmp_path / f"{name}.jpg"), np.zeros((24, 32, 3), np.uint8))
        return open_video(tmp_path)

    return opened


@pytest.mark.parametrize(
    "stem", ["frame_0001", "frame_0001_mask", "mask_frame_0001", "frame_0001-Label", "frame_0001 (1)"]
)
def test_a_word_beside_the_name_of_the_frame_is_of_no_account(folder, stem):
    video = folder("frame_0000", "frame_0001")
    if stem.endswith("(1)"):  # a copy, or the mask of frame 1? nobody knows
        with pytest.raises(InputError, match="got frame_0001 \\(1\\), which is none of"):
            frame_of(video, stem)
    else:
        assert frame_of(video, stem) == 1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_names_are_the_same_in_every_unicode_form(folder, form, stored):
    video = folder("A", unicodedata.normalize(stored, "Zoë"))
    assert frame_of(video, unicodedata.normalize(form, "Zoë")) == 1


@pytest.mark.parametrize(("stem", "number"), [("00002", 2), ("frame_00002_mask", 2), ("bear-2", 2)])
def test_the_only_number_is_the_frame_of_a_video_file(tmp_path, stem, number):
    assert frame_of(Video(tmp_path / "clip.mp4", 24.0, 5), stem) == number


@pytest.mark.parametrize("stem", ["take2_00002", "first", "00009"])
def test_a_name_that_is_of_no_frame_is_named(tmp_path, stem):
    with pytest.raises(InputError, match=f"expected the name of a frame, got {stem}, which is none of"):
        frame_of(Video(tmp_path / "clip.mp4", 24.0, 5), stem)
