"""Masks that a person gives, found and read."""

import cv2
import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.videos.video import open_video
from shls_core.video.mask_files import find_masks


@pytest.fixture
def video(tmp_path):
    """Three frames: a, b, c."""
    (tmp_path / "frames").mkdir()
    for name in "abc":
        cv2.imwrite(str(tmp_path / "frames" / f"{name}.jpg"), np.zeros((24, 32, 3), np.uint8))
    return open_video(tmp_path / "frames")


@pytest.fixture
def given(tmp_path):
    """Return a function that writes a mask with some labels, 24x32 px, or of another size."""

    def write(name, *labels, height=24):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        mask = np.zeros((height, 32), np.uint8)
        for column, label in enumerate(labels):
            mask[2:9, 4 * column : 4 * column + 3] = label
        write_mask(path, mask)
        return path

    return write


def test_a_single_file_is_the_mask_of_the_first_frame_whatever_its_name(video, given):
    masks = find_masks(video, [given("b.png", 4)])
    assert list(masks) == [0]
    assert np.unique(masks[0]).tolist() == [0, 4]


def test_several_files_and_those_of_a_folder_are_found_by_name(video, given):
    masks = find_masks(video, [given("c.png", 1, 9), given("b.png", 4)])
    assert list(masks) == [1, 2]
    assert np.unique(masks[2]).tolist() == [0, 1, 9]
    assert masks.num_objects == 3
    assert list(find_masks(video, [given("masks/b.png", 4).parent])) == [1]


def test_a_mask_of_0_and_255_has_one_object(video, given):
    assert np.unique(find_masks(video, [given("m.png", 255)])[0]).tolist() == [0, 1]


def test_masks_are_read_when_they_are_asked_for(video, given):
    path = given("m.png", 1)
    masks = find_masks(video, [path])
    given("m.png", 5)
    assert masks[0].max() == 5


def test_what_cannot_be_used_is_named(video, given, tmp_path):
    def refused(*paths):
        with pytest.raises(InputError) as raised:
            find_masks(video, list(paths))
        return str(raised.value)

    assert "background only" in refused(given("empty.png"))
    a = given("a.png", 1)
    assert "got d, which is none of" in refused(a, given("d.png", 1))
    assert "expected one mask of a frame, got" in refused(a, given("masks/a.png", 1))
    assert "expected masks of one size, 32x24, got 32x20" in refused(a, given("b.png", 1, height=20))
    (tmp_path / "none").mkdir()
    assert "expected masks as pictures in" in refused(tmp_path / "none")
    assert "cannot read it: No such file" in refused(tmp_path / "nowhere.png")


@pytest.mark.parametrize("kind", ["16 bits", "colours"])
def test_more_than_254_objects_do_not_pass_for_fewer(video, tmp_path, kind):
    labels = np.arange(300).reshape(15, 20)
    many = (
        labels.astype(np.uint16)
        if kind == "16 bits"
        else np.dstack([labels % 256, labels // 256, labels % 7]).astype(np.uint8)
    )
    cv2.imwrite(str(tmp_path / "many.png"), many)
    with pytest.raises(
        InputError,
        match=r"got \d+ (grey levels|colours) that mostly fill no areas",
    ):
        find_masks(video, [tmp_path / "many.png"])


def colours(path, *drawn):
    """Write a mask in these colours on black."""
    picture = np.zeros((24, 32, 3), np.uint8)
    for column, colour in enumerate(drawn):
        picture[2:9, 4 * column : 4 * column + 4] = colour
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_a_colour_is_the_same_object_in_every_mask(video, tmp_path):
    places = [colours(tmp_path / "b.png", RED, GREEN), colours(tmp_path / "c.png", BLUE, RED)]
    masks = find_masks(video, places)
    assert [(one.label, one.seen_as) for one in masks.objects] == [
        (1, "#0000ff"), (2, "#00ff00"), (3, "#ff0000"),
    ]  # fmt: skip
    assert masks[1][3, 0] == masks[2][3, 4] == 3
    assert (masks[1][3, 4], masks[2][3, 0]) == (2, 1)


def test_masks_that_tell_objects_apart_in_other_ways_are_refused(video, tmp_path, given):
    with pytest.raises(InputError, match=r"in one way, got labels in b\.png and colours in .*c\.png"):
        find_masks(video, [given("b.png", 1), colours(tmp_path / "c.png", RED, GREEN)])
    with pytest.raises(InputError, match=r"got labels in b\.png and one object without a label in .*c\.png"):
        find_masks(video, [given("b.png", 1, 2), colours(tmp_path / "c.png", (255, 255, 255))])


def test_masks_of_one_object_need_no_label(video, tmp_path, given):
    masks = find_masks(video, [given("b.png", 1), colours(tmp_path / "c.png", (255, 255, 255))])
    assert [one.label for one in masks.objects] == [1]


def test_one_label_in_two_colours_is_refused(video, tmp_path):
    for name, colour in (("b", RED), ("c", BLUE)):
        image = Image.frombytes("P", (32, 24), np.eye(24, 32, dtype=np.uint8).tobytes())
        image.putpalette([0, 0, 0, *colour])
        image.save(tmp_path / f"{name}.png")
    with pytest.raises(InputError, match=r"one colour for label 1 in all masks, got index 1, #ff0000 and"):
        find_masks(video, [tmp_path / "b.png", tmp_path / "c.png"])


def test_every_picture_in_a_folder_is_a_mask_and_the_rest_is_counted(video, given, tmp_path):
    folder = given("masks/b.png", 4).parent
    given("c.png", 2).rename(folder / "c.PNG")
    colours(tmp_path / "a.bmp", (128, 0, 0)).rename(folder / "a.bmp")
    for name in ("._b.png", "Thumbs.db", "notes.txt", "project.xcf"):
        (folder / name).write_bytes(b"x")
    masks = find_masks(video, [folder])
    assert list(masks) == [0, 1, 2]
    assert [one.label for one in masks.objects] == [1, 2, 4]
    assert masks.lines[-1] == f"left out, as no pictures: 2 in {folder} (notes.txt, project.xcf)"
    assert masks.lines[1] == (
        "b.png (frame 1, counted from 0): 1 object: 4 (index 4, #000080, 2.7 %); background 97.3 %"
    )


def test_a_mask_among_the_frames_is_no_frame(video, given, tmp_path):
    place = given("frames/first.png", 1)
    opened = open_video(tmp_path / "frames", without=[place])
    assert [frame.name for frame in opened.frames()] == ["a", "b", "c"]
    masks = find_masks(opened, [place])
    assert list(masks) == [0]
    assert opened.notes == ("taken as mask, not as frame: first.png",)
    with pytest.raises(InputError, match="expected masks in a folder of their own, got the folder of"):
        find_masks(opened, [tmp_path / "frames"])


def test_a_mask_with_the_name_of_its_frame_may_lie_beside_it(video, given, tmp_path):
    place = given("frames/a.png", 1)
    opened = open_video(tmp_path / "frames", without=[place])
    assert opened.num_frames == 3
    assert list(find_masks(opened, [place])) == [0]


def test_void_is_background(video, given):
    masks = find_masks(video, [given("void.png", 1, 255)])
    assert np.unique(masks[0]).tolist() == [0, 1]
    assert "255 (void, 2.7 %) is taken as background" in masks.lines[0]
