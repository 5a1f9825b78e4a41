import unicodedata

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError, SampleError
from shls_core.saliency.map_folder import MapFolder, read_map


def encoded(values, suffix=".png"):
    return cv2.imencode(suffix, values)[1].tobytes()


@pytest.fixture
def folder(tmp_path):
    for name in ("bird.png", "deep/cat.JPG", "deep/bird.jpeg", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("photograph", "found"),
    [
        ("bird.jpg", "bird.png"),
        ("deep/bird.jpg", "deep/bird.jpeg"),
        ("elsewhere/bird.tif", "bird.png"),
        ("deep/cat.png", "deep/cat.JPG"),
        ("cat.png", None),
        ("notes.png", None),
    ],
)
def test_maps_are_found_by_the_name_of_the_photograph(folder, photograph, found):
    assert MapFolder.open(str(folder)).of(photograph) == (folder / found if found else None)


def test_two_maps_of_one_name_are_an_error(folder):
    (folder / "bird.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"expected one file per name, got bird\.jpg and bird\.png"):
        MapFolder.open(str(folder))


def test_a_folder_without_maps_or_no_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"expected maps or masks as pictures in .*, found none"):
        MapFolder.open(str(tmp_path))
    with pytest.raises(InputError, match="expected a folder of maps or masks, found none at"):
        MapFolder.open(str(tmp_path / "nowhere"))


def test_eight_and_sixteen_bits_are_the_same_map():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(read_map(encoded(values), 16, 16), values)
    np.testing.assert_array_equal(read_map(encoded(values.astype(np.uint16) * 257), 16, 16), values)
    colours = np.repeat(values[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_map(encoded(colours), 16, 16), values)


def test_a_map_is_brought_to_the_size_of_its_photograph():
    values = np.zeros((20, 40), np.uint8)
    values[:, 20:] = 255
    for height, width in ((60, 120), (10, 20)):
        found = read_map(encoded(values), height, width)
        assert found.shape == (height, width)
        assert found[:, : width // 4].max() == 0
        assert found[:, -width // 4 :].min() == 255


def test_proportions_may_be_off_by_rounding_and_no_more():
    assert read_map(encoded(np.zeros((33, 50), np.uint8)), 333, 500).shape == (333, 500)
    with pytest.raises(SampleError, match="other proportions than its photograph"):
        read_map(encoded(np.zeros((50, 33), np.uint8)), 333, 500)


@pytest.mark.parametrize("data", [b"", b"no map", encoded(np.zeros((9, 9), np.uint8))[:30]])
def test_what_is_no_map_is_a_sample_that_cannot_be_used(data):
    with pytest.raises(SampleError, match="corrupt saliency map"):
        read_map(data, 9, 9)


def test_every_suffix_of_a_picture_is_a_map_and_droppings_are_none(tmp_path):
    for name in ("bird.WEBP", "cat.tiff", "._cat.png", "@eaDir/bird.png", "notes.txt", ".hidden/dog.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    maps = MapFolder.open(str(tmp_path))
    assert sorted(maps.files) == ["bird", "cat"]
    assert maps.unused(["x/bird.jpg", "dog.jpg"]) == [tmp_path / "cat.tiff"]


def test_a_linked_folder_is_entered_once(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "bird.png").write_bytes(b"")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "album").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "loop").symlink_to(tmp_path / "maps")
    assert list(MapFolder.open(str(tmp_path / "maps")).files) == ["album/bird"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_match_in_every_unicode_form(tmp_path, form):
    (tmp_path / unicodedata.normalize("NFD", "Zoë.png")).write_bytes(b"")
    assert MapFolder.open(str(tmp_path)).of(unicodedata.normalize(form, "Zoë.jpg")) is not None


def test_cut_outs_and_labels_are_maps_of_their_object():
    """As background removers write them: a dark object, its colours kept beneath the transparency."""
    inside = np.zeros((40, 60), np.uint8)
    inside[10:30, 20:50] = 1
    dark = np.full((40, 60, 3), 20, np.uint8)
    cut_out = np.dstack([dark, inside * 255])
    for stored in (cut_out, inside, inside * 255, np.dstack([inside * 0, inside * 0, inside * 128])):
        np.testing.assert_array_equal(read_map(encoded(stored), 40, 60), inside * 255)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8), "got a picture in colours"),
        (np.arange(2400, dtype=np.uint16).reshape(40, 60), "almost black"),
    ],
)
def test_what_is_no_map_has_a_reason_that_counts(stored, reason):
    with pytest.raises(SampleError, match=reason) as raised:
        read_map(encoded(stored), 40, 60)
    assert raised.value.reason.startswith("unusable saliency map: expected ")
