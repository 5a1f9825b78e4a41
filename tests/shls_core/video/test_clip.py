"""A video file is there whole, or not at all."""

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.video.clip import Clip

PICTURE = np.zeros((48, 64, 3), np.uint8)


def test_nothing_is_there_before_the_end(tmp_path):
    with Clip(tmp_path / "clip.mp4", 24.0) as clip:
        clip.add(PICTURE)
        assert not (tmp_path / "clip.mp4").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_error_leaves_the_older_file(tmp_path):
    (tmp_path / "clip.mp4").write_text("older")
    clip = Clip(tmp_path / "clip.mp4", 24.0)

    def fail_midway():
        with clip:
            clip.add(PICTURE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_text() == "older"


def test_a_clip_without_a_picture_is_no_file(tmp_path):
    with Clip(tmp_path / "clip.mp4", 24.0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path, capfd):
    with (
        pytest.raises(InputError, match=r"64x48 to .*nowhere"),
        Clip(tmp_path / "nowhere" / "a.mp4", 24.0) as clip,
    ):
        clip.add(PICTURE)
