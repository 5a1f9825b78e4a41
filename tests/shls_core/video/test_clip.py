"""A video file is there whole, or not at all."""

import re
import subprocess
import sys

import av
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos.video import open_video
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


def write_clip(path, pictures, times=None, fps=10.0):
    with Clip(path, fps) as clip:
        for number, picture in enumerate(pictures):
            clip.add(picture, None if times is None else times[number])


def moving(number, size=(48, 64)):
    pixels = np.full((*size, 3), (30, 60, 160), np.uint8)
    pixels[10:30, 4 + 5 * number : 24 + 5 * number] = (220, 40, 40)
    return pixels


def test_browsers_play_it(tmp_path):
    write_clip(tmp_path / "clip.mp4", map(moving, range(5)))
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it starts before all of it was loaded
    with av.open(str(tmp_path / "clip.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_range, context.color_primaries) == (1, 1, 1)


@pytest.mark.parametrize("size", [(48, 64), (49, 65), (97, 131)])
def test_pictures_come_back_with_their_colours_at_any_size(tmp_path, size):
    pictures = [moving(number, size) for number in range(4)]
    write_clip(tmp_path / "clip.mp4", pictures)
    frames = list(open_video(tmp_path / "clip.mp4").frames())
    assert len(frames) == 4
    height, width = size
    for frame, picture in zip(frames, pictures, strict=True):
        assert frame.pixels.shape[:2] == (height + height % 2, width + width % 2)
        shown = frame.pixels[:height, :width].astype(int)
        assert np.abs(shown - picture).mean() < 4
        # What is added to an odd size continues the picture.
        assert np.abs(frame.pixels[-1].astype(int) - frame.pixels[height - 1]).mean() < 4


def test_pictures_keep_their_times(tmp_path):
    times = [0.0, 0.5, 0.52, 1.5, None, 1.0]
    write_clip(tmp_path / "clip.mp4", map(moving, range(6)), times, fps=25.0)
    frames = open_video(tmp_path / "clip.mp4").frames()
    # Without a time, or with one that is over: at the rate of the clip.
    assert [round(frame.seconds, 2) for frame in frames] == [0, 0.5, 0.52, 1.5, 1.54, 1.58]


@pytest.mark.parametrize("fps", [0.5, 7.0, 23.976, 29.97, 60.0, 239.76])
def test_every_rate_is_kept(tmp_path, fps):
    write_clip(tmp_path / "clip.mp4", map(moving, range(5)), fps=fps)
    assert open_video(tmp_path / "clip.mp4").fps == pytest.approx(fps, rel=2e-3)


def test_names_with_colons_and_percents_are_names(tmp_path):
    write_clip(tmp_path / "12:30 %05d.mp4", map(moving, range(3)))
    assert [path.name for path in tmp_path.iterdir()] == ["12:30 %05d.mp4"]


def test_where_there_is_no_room_it_is_one_line_and_nothing_is_left(tmp_path):
    script = """
import resource, sys
from pathlib import Path
import numpy as np
from shls_core.errors import InputError
from shls_core.video.clip import Clip
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    with Clip(Path(sys.argv[1]), 10.0) as clip:
        for number in range(120):
            clip.add(np.random.default_rng(number).integers(0, 255, (96, 96, 3), dtype=np.uint8))
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "clip.mp4")], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(
        r"expected to write a video of 96x96 to .*clip\.mp4, cannot: File too large\n", done.stdout
    )
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
