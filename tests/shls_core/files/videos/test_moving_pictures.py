"""Animations and single pictures, given as videos."""

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import frame_numbers, open_video


def write_animation(path, films, num_frames=5, **options):
    pictures = [Image.fromarray(films.picture(number)) for number in range(num_frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=120, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.gif", {}),
        ("a.webp", {"lossless": True}),
        ("a.png", {}),
        ("a.avif", {"quality": 95}),
        ("a", {"format": "GIF"}),
    ],
)
def test_an_animation_is_a_video(tmp_path, films, name, options):
    path = write_animation(tmp_path / name, films, **options)
    video = open_video(path)
    frames = list(video.frames())
    assert films.is_right(frames, range(5))
    assert [frame.name for frame in frames] == [f"{number:05d}" for number in range(5)]
    assert [round(frame.seconds, 2) for frame in frames] == [0, 0.12, 0.24, 0.36, 0.48]
    assert (video.num_frames, video.notes) == (5, ())
    assert frame_numbers(video, ["00004"]) == [4]
    with pytest.raises(InputError, match="got 00005"):
        frame_numbers(video, ["00005"])


@pytest.mark.parametrize("name", ["a.webp", "a.png"])
def test_transparent_pixels_of_an_animation_are_white(tmp_path, name):
    pictures = []
    for number in range(2):
        pixels = np.full((48, 64, 4), (30, 60, 90, 255), np.uint8)
        pixels[:, 20 + number :, 3] = 0
        pictures.append(Image.fromarray(pixels))
    options = {"lossless": True, "exact": True} if name == "a.webp" else {}
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=100, **options)
    _, second = open_video(tmp_path / name).frames()
    assert second.pixels[5, 5].tolist() == [30, 60, 90]
    assert second.pixels[5, 50].tolist() == [255, 255, 255]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.bmp", "a.ppm", "a.gif"])
def test_a_single_picture_is_one_frame_and_said(tmp_path, films, name):
    Image.fromarray(films.picture(3)).save(tmp_path / name)
    video = open_video(tmp_path / name)
    assert films.is_right(list(video.frames()), [3])
    assert video.notes == ("it is a single picture: one frame",)


def test_pages_of_a_tiff_are_refused(tmp_path, films):
    write_animation(tmp_path / "a.tif", films)
    with pytest.raises(InputError, match=r"got a TIFF of 5 pages: .*a\.tif\. Write its pages as a folder"):
        open_video(tmp_path / "a.tif")


def test_what_rests_on_a_damaged_picture_of_an_animation_is_named(tmp_path, films):
    path = write_animation(tmp_path / "a.png", films)
    data = bytearray(path.read_bytes())
    third = [at for at in range(len(data)) if data[at : at + 4] == b"fdAT"][1]
    data[third + 12 : third + 60] = bytes(48)
    path.write_bytes(data)
    findings = Findings()
    frames = list(open_video(path).frames(findings))
    assert len(frames) == 5
    assert findings.damaged == ["00002"]
    assert findings.doubtful == ["00003", "00004"]


def test_a_damaged_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match=r"cannot read .*a\.png: corrupt or truncated"):
        open_video(tmp_path / "a.png")


def test_an_animation_that_states_more_than_it_holds_is_said(tmp_path, films):
    path = write_animation(tmp_path / "a.png", films)
    data = path.read_bytes()
    last = data.rindex(b"fcTL") - 4
    path.write_bytes(data[:last] + data[data.rindex(b"IEND") - 4 :])
    findings = Findings()
    assert films.is_right(list(open_video(path).frames(findings)), [0, 1, 2, 3, 3])
    assert findings.losses() == ["1 of 5 frames is damaged and shows the frame before it: 00004"]
