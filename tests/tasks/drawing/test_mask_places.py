"""Where masks are saved, and that `shls segment` finds each at its frame."""

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import davis_palette
from shls_core.files.videos.video import open_video
from shls_core.video.mask_files import find_masks
from tasks.drawing.mask_places import MaskPlaces

FIRST = np.pad(np.full((10, 20), 1, np.uint8), ((5, 105), (7, 133)))
LATER = np.pad(np.full((12, 24), 3, np.uint8), ((50, 58), (70, 66)))
NOTHING = np.zeros((120, 160), np.uint8)


@pytest.fixture
def places(tmp_path):
    return MaskPlaces(tmp_path / "masks" / "first.png")


def found(places, clip):
    masks = find_masks(open_video(clip), [places.argument])
    return {number: masks[number] for number in masks}


def files(places):
    return sorted(str(path.relative_to(places.out.parent)) for path in places.out.parent.rglob("*.png"))


def test_the_first_frame_has_a_file_of_its_own(places, clip):
    assert places.argument is None
    assert places.saved == ()
    places.save(0, "a0", FIRST)
    assert files(places) == ["first.png"]
    np.testing.assert_array_equal(found(places, clip)[0], FIRST)
    (saved,) = places.saved
    assert (saved.frame, saved.path) == (0, places.out)
    assert saved.shares == {1: 200 / (120 * 160)}
    with Image.open(places.out) as image:
        assert image.mode == "P"
        assert image.size == (160, 120)
        assert image.getpalette()[:12] == davis_palette()[:4].ravel().tolist()


def test_a_lone_mask_of_a_later_frame_is_not_taken_for_that_of_the_first(places, clip):
    places.save(2, "a2", LATER)
    assert files(places) == ["first/a2.png"]
    masks = found(places, clip)
    assert list(masks) == [2]
    np.testing.assert_array_equal(masks[2], LATER)


def test_masks_of_several_frames_lie_in_one_folder(places, clip):
    places.save(0, "a0", FIRST)
    places.save(2, "a2", LATER)
    assert files(places) == ["first.png", "first/a0.png", "first/a2.png"]
    masks = found(places, clip)
    assert list(masks) == [0, 2]
    np.testing.assert_array_equal(masks[0], FIRST)
    np.testing.assert_array_equal(masks[2], LATER)
    places.save(0, "a0", 2 * FIRST)
    np.testing.assert_array_equal(found(places, clip)[0], 2 * FIRST)
    assert [(one.frame, set(one.shares)) for one in places.saved] == [(0, {2}), (2, {3})]


def test_a_mask_without_objects_takes_back_what_was_saved(places, clip):
    places.save(0, "a0", FIRST)
    places.save(2, "a2", LATER)
    places.save(2, "a2", NOTHING)
    assert files(places) == ["first.png"]
    assert places.argument == places.out
    places.save(0, "a0", NOTHING)
    assert files(places) == []
    assert places.argument is None


def test_another_session_goes_on_with_what_is_saved(places, clip):
    places.save(0, "a0", FIRST)
    places.save(2, "a2", LATER)
    again = MaskPlaces(places.out)
    again.read_existing(open_video(clip), "a0")
    np.testing.assert_array_equal(again.mask(0), FIRST)
    np.testing.assert_array_equal(again.mask(2), LATER)
    assert again.mask(1) is None
    again.save(2, "a2", NOTHING)
    assert files(again) == ["first.png"]


def test_files_of_others_in_that_folder_are_refused_and_kept(places, clip):
    places.folder.mkdir(parents=True)
    (places.folder / "holiday.png").write_bytes(b"a photograph")
    with pytest.raises(InputError, match="expected the name of a frame, got holiday"):
        places.read_existing(open_video(clip), "a0")
    assert (places.folder / "holiday.png").read_bytes() == b"a photograph"


@pytest.mark.parametrize("name", ["first", "first.jpg", "first.npy"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"expected a file for the mask whose name ends in \.png"):
        MaskPlaces(tmp_path / name)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="got a file"):
        MaskPlaces(tmp_path / "file" / "first.png")


def test_what_cannot_be_written_is_one_line(places):
    places.folder.parent.mkdir()
    places.folder.write_bytes(b"in the way")
    with pytest.raises(InputError, match=r"expected to write a mask to .*first/a2\.png"):
        places.save(2, "a2", LATER)


@pytest.mark.parametrize("out", ["clip.png", "clip/first.png", "x/../clip.png"])
def test_frames_are_never_taken_for_masks(clip, tmp_path, out):
    (tmp_path / "x").mkdir()
    before = {path.name: path.read_bytes() for path in clip.iterdir()}
    with pytest.raises(InputError, match=r"apart from the clip, got .*: choose another --out"):
        MaskPlaces(tmp_path / out).read_existing(open_video(clip), "a0")
    assert {path.name: path.read_bytes() for path in clip.iterdir()} == before
