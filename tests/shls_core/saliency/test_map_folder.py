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
