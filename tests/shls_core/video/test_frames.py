"""Frames of files and folders."""

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.videos.video import frame_numbers, open_video
from shls_core.video.clip import Clip


def write_image(path, value, size=(24, 32)):
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def test_images_come_by_the_value_of_the_numbers_in_their_names(tmp_path):
    for number in (10, 2, 1):
        write_image(tmp_path / f"frame{number}.png", number)
    video = open_video(tmp_path)
    assert video.num_frames == 3
    assert [(frame.name, int(frame.pixels[0, 0, 0])) for frame in video.frames()] == [
        ("frame1", 1),
        ("frame2", 2),
        ("frame10", 10),
    ]


def test_other_and_hidden_files_of_a_folder_are_no_frames(tmp_path):
    write_image(tmp_path / "0.jpg", 9)
    write_image(tmp_path / ".0.jpg", 9)
    (tmp_path / "notes.txt").write_text("x")
    assert [frame.name for frame in open_video(tmp_path).frames()] == ["0"]


def test_frames_are_rgb(tmp_path):
    picture = np.zeros((24, 32, 3), np.uint8)
    picture[..., 2] = 255  # red, as OpenCV writes it
    cv2.imwrite(str(tmp_path / "0.png"), picture)
    [frame] = open_video(tmp_path).frames()
    assert frame.pixels[0, 0].tolist() == [255, 0, 0]


def test_a_video_file_gives_its_frames_by_number(tmp_path):
    with Clip(tmp_path / "clip.mp4", fps=10.0) as clip:
        for value in (20, 120, 220):
            clip.add(np.full((48, 64, 3), (value, 0, 0), np.uint8))
    video = open_video(tmp_path / "clip.mp4")
    assert (video.fps, video.num_frames) == (10, 3)
    frames = list(video.frames())
    assert [frame.name for frame in frames] == ["00000", "00001", "00002"]
    # The codec loses a little; red stays red.
    reds = [frame.pixels.mean(axis=(0, 1)) for frame in frames]
    assert np.abs(np.array(reds) - [[20, 0, 0], [120, 0, 0], [220, 0, 0]]).max() < 12


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere", "found none at"),
        ("empty", "expected frames as images"),
        ("text.mp4", "cannot read any frame"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, name, told, capfd):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match=told):
        open_video(tmp_path / name)


def test_a_frame_of_another_size_is_named(tmp_path):
    write_image(tmp_path / "0.png", 1)
    write_image(tmp_path / "1.png", 1, size=(24, 30))
    with pytest.raises(InputError, match=r"of one size, 32x24, got 30x24 .*frame 1\)"):
        list(open_video(tmp_path).frames())


def test_a_damaged_frame_is_named(tmp_path):
    (tmp_path / "0.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"cannot read .*0\.png"):
        list(open_video(tmp_path).frames())


def test_two_images_of_one_frame_are_refused(tmp_path):
    for name in ("0.jpg", "1.jpg", "0.png"):
        write_image(tmp_path / name, 9)
    with pytest.raises(InputError, match=r"expected one image for every frame, got 0\.jpg and 0\.png in "):
        open_video(tmp_path)


def test_frames_are_found_by_name(tmp_path):
    for number in (10, 2, 1):
        write_image(tmp_path / f"frame{number}.png", number)
    video = open_video(tmp_path)
    assert frame_numbers(video, ["frame10", "frame1"]) == [2, 0]
    with pytest.raises(InputError, match=r"expected the name of a frame, got frame3, which is none of "):
        frame_numbers(video, ["frame3"])


def test_frames_of_a_file_are_named_by_number(tmp_path):
    with Clip(tmp_path / "clip.mp4", fps=10.0) as clip:
        for _ in range(3):
            clip.add(np.zeros((48, 64, 3), np.uint8))
    video = open_video(tmp_path / "clip.mp4")
    assert frame_numbers(video, ["00002", "0"]) == [2, 0]
    for wrong in ("00003", "first"):
        with pytest.raises(InputError, match=f"got {wrong}, which is none of .*clip"):
            frame_numbers(video, [wrong])
