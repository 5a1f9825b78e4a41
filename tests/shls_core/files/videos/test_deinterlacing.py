"""Interlaced films: whole pictures, one per frame, never one that was not written."""

from itertools import pairwise

import av
import numpy as np
import pytest

from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import open_video

SIZE = (96, 64)
DEINTERLACED = ["it is interlaced: its frames are deinterlaced (bwdif)"]


def woven(number, size=SIZE):
    """Two moments in one frame: even lines at time `number`, odd lines half a frame later."""
    width, height = size
    pixels = np.full((height, width, 3), 110, np.uint8)
    for line in range(height // 4, height // 2):
        left = 8 + 4 * number + 2 * (line % 2)
        pixels[line, left : left + 24] = (220, 30, 30)
    return av.VideoFrame.from_ndarray(pixels)


def combs(pixels):
    """How many neighbouring lines at the square's left edge go back and forth."""
    red = pixels[..., 0].astype(int) - pixels[..., 1] > 100
    edges = [int(np.argmax(line)) for line in red[20:30]]
    return sum(abs(one - two) >= 2 for one, two in pairwise(edges))


@pytest.mark.parametrize(
    ("name", "encoder", "options"),
    [
        ("a.mpg", "mpeg2video", {"flags": "+ilme+ildct", "qmin": "1", "qmax": "2"}),
        ("a.mp4", "libx264", {"flags": "+ilme+ildct", "x264-params": "tff=1", "crf": "2"}),
        ("a.mov", "prores_ks", {"flags": "+ilme+ildct"}),
    ],
)
def test_two_moments_in_a_frame_become_one(tmp_path, films, name, encoder, options):
    pixel_format = "yuv422p10le" if encoder == "prores_ks" else "yuv420p"
    path = films.write(tmp_path / name, encoder, pixel_format, 8, SIZE, options, rate=25, frames=woven)
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, range(8))
    assert max(combs(frame.pixels) for frame in frames[1:-1]) == 0
    assert findings.notes == DEINTERLACED
    assert findings.losses() == []


@pytest.mark.parametrize("bottom_first", [False, True])
def test_what_the_container_alone_says_is_heard(tmp_path, films, bottom_first):
    def prepare(stream):
        stream.codec_context.field_order = 3 if bottom_first else 2

    path = films.write(
        tmp_path / "a.mov",
        "qtrle",
        "rgb24",
        8,
        SIZE,
        rate=25,
        prepare=prepare,
        frames=woven,
    )
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, range(8))
    assert max(combs(frame.pixels) for frame in frames[1:-1]) == 0
    assert findings.notes == DEINTERLACED


def test_dv_is_deinterlaced(tmp_path, films):
    path = films.write(
        tmp_path / "a.dv", "dvvideo", size=(720, 576), rate=25, options={"flags": "+ilme+ildct"}
    )
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, range(6))
    assert findings.notes == DEINTERLACED


def test_fields_of_hevc_are_pictures_of_their_own(tmp_path, films):
    options = {"x265-params": "log-level=none:interlace=tff"}
    path = films.write(tmp_path / "a.mkv", "libx265", options=options, num_frames=6)
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, range(6))
    assert findings.notes == ["it is interlaced: each field is given as a picture of its own"]


def test_progressive_films_pass_as_they_are(tmp_path, films):
    path = films.write(tmp_path / "a.mpg", "mpeg2video", rate=25)
    findings = Findings()
    assert films.is_right(list(open_video(path).frames(findings)), range(6))
    assert findings.notes == []


def test_a_damaged_frame_keeps_its_place_among_interlaced_ones(tmp_path, films):
    path = films.write(
        tmp_path / "a.mov", "prores_ks", "yuv422p10le", 8, SIZE, {"flags": "+ilme+ildct"}, rate=25
    )
    position, data = films.packets_of(path)[4]
    spoilt = bytearray(path.read_bytes())
    spoilt[position + 8 : position + len(data)] = bytes(len(data) - 8)
    path.write_bytes(spoilt)
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert films.is_right(frames, [0, 1, 2, 3, 3, 5, 6, 7])
    assert findings.damaged == ["00004"]
