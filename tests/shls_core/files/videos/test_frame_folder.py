"""Which files of a folder are frames, in which order, and what is said of the others."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import frame_numbers, open_video


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


@pytest.mark.parametrize(
    ("name", "told"), [("empty", "expected frames as images"), ("full", "found none \\(1 entry")]
)
def test_a_folder_without_frames_is_refused(tmp_path, name, told):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("x")
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


@pytest.mark.parametrize(
    "suffix", [".JPG", ".jpeg", ".jpe", ".jfif", ".PNG", ".bmp", ".webp", ".tif", ".avif", ".ppm"]
)
def test_every_suffix_of_pictures_is_a_frame(tmp_path, suffix):
    for number in range(3):
        write_image(tmp_path / f"{number}.png", 10 * number)
    kind = {".jpe": "JPEG", ".jfif": "JPEG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".ppm": "PPM"}
    picture = Image.open(tmp_path / "1.png")
    picture.save(tmp_path / f"1{suffix}.x", format=kind.get(suffix.lower(), suffix[1:].upper()))
    (tmp_path / "1.png").unlink()
    (tmp_path / f"1{suffix}.x").rename(tmp_path / f"1{suffix}")
    video = open_video(tmp_path)
    assert [frame.name for frame in video.frames()] == ["0", "1", "2"]
    assert video.notes == ()


def test_what_is_no_frame_is_counted_and_named(tmp_path):
    write_image(tmp_path / "0.png", 9)
    for name in ("notes.txt", "clip.mp4", ".DS_Store", "Thumbs.db", "._0.png"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.png").mkdir()
    assert open_video(tmp_path).notes == (
        "3 entries are no frames and left out: clip.mp4, folder.png, notes.txt",
    )


@pytest.mark.parametrize("mask", ["first.png", "mask.png", "0.png", "0_mask.png"])
def test_a_mask_among_the_frames_is_no_frame(tmp_path, mask):
    for number in range(3):
        write_image(tmp_path / f"{number}.jpg", 10 * number)
    write_image(tmp_path / mask, 255)
    video = open_video(tmp_path, without=[tmp_path / mask])
    assert [frame.name for frame in video.frames()] == ["0", "1", "2"]
    assert video.num_frames == 3
    assert frame_numbers(video, ["2"]) == [2]
    assert video.notes == (f"taken as mask, not as frame: {mask}",)


@pytest.mark.parametrize("role", ["copy", "link", "folder"])
def test_copies_and_links_of_a_mask_are_no_frames(tmp_path, role):
    (tmp_path / "frames").mkdir()
    (tmp_path / "masks").mkdir()
    write_image(tmp_path / "frames" / "0.jpg", 10)
    write_image(tmp_path / "masks" / "first.png", 255)
    if role == "link":
        (tmp_path / "frames" / "first.png").symlink_to(tmp_path / "masks" / "first.png")
    else:
        shutil.copy(tmp_path / "masks" / "first.png", tmp_path / "frames")
    given = tmp_path / "masks" if role == "folder" else tmp_path / "masks" / "first.png"
    video = open_video(tmp_path / "frames", without=[given])
    assert [frame.name for frame in video.frames()] == ["0"]


def test_a_frame_given_as_its_own_mask_leaves_no_frame(tmp_path):
    write_image(tmp_path / "0.png", 10)
    with pytest.raises(InputError, match=r"found none \(taken as mask, not as frame: 0\.png\)"):
        open_video(tmp_path, without=[tmp_path / "0.png"])


def test_one_folder_of_frames_and_masks_is_refused(tmp_path):
    write_image(tmp_path / "0.jpg", 10)
    with pytest.raises(InputError, match=r"masks in a folder of their own, or named one by one"):
        open_video(tmp_path, without=[tmp_path])


@pytest.mark.parametrize("name", ["1.gif", "1.webp", "1.tif"])
def test_several_pictures_in_one_frame_are_refused(tmp_path, name):
    write_image(tmp_path / "0.png", 1)
    pictures = [Image.fromarray(np.full((24, 32, 3), 60 * number, np.uint8)) for number in range(3)]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:])
    with pytest.raises(InputError, match=f"got 3 pictures in one file: .*{name}"):
        list(open_video(tmp_path).frames())


def test_a_preview_in_a_tiff_and_a_second_eye_are_no_frames(tmp_path):
    picture = Image.fromarray(np.full((24, 32, 3), 60, np.uint8))
    picture.save(tmp_path / "0.tif", save_all=True, append_images=[picture.resize((8, 6))])
    picture.save(tmp_path / "1.mpo", format="MPO", save_all=True, append_images=[picture])
    assert [frame.name for frame in open_video(tmp_path).frames()] == ["0", "1"]


def test_frames_are_turned_as_their_exif_says(tmp_path):
    pixels = np.zeros((24, 32, 3), np.uint8)
    pixels[:6] = 200
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "0.jpg", exif=exif, quality=95)
    [frame] = open_video(tmp_path).frames()
    assert frame.pixels.shape == (32, 24, 3)
    assert frame.pixels[10, 22].min() > 180
    assert frame.pixels[10, 2].max() < 20


def few_colours(num_colours, size=(60, 80)):
    picture = np.zeros((*size, 3), np.uint8)
    for number in range(num_colours):
        picture[:, number] = number + 1, 0, 0
    picture[:, num_colours:] = picture[0, 0]
    return picture


@pytest.mark.parametrize(("num_colours", "is_noted"), [(1, False), (2, True), (32, True), (33, False)])
def test_a_frame_with_the_colours_of_a_mask_is_named(tmp_path, num_colours, is_noted):
    noise = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), noise.integers(0, 256, (60, 80, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "mask.png"), few_colours(num_colours))
    findings = Findings()
    assert len(list(open_video(tmp_path).frames(findings))) == 4
    assert (
        findings.notes
        == ["taken as frame, with the few colours of a mask: mask.png; --mask names masks"] * is_noted
    )


def test_frames_that_all_have_few_colours_are_a_drawing(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), few_colours(4))
    findings = Findings()
    assert len(list(open_video(tmp_path).frames(findings))) == 3
    assert findings.notes == []
