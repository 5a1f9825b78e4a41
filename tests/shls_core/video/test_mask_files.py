"""Masks that a person gives, found and read."""

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.video.frames import open_video
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
