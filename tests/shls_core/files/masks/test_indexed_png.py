"""Masks written and read."""

import numpy as np
from PIL import Image

from shls_core.files.masks.indexed_png import davis_palette, write_mask
from shls_core.files.masks.label_files import read_mask

LABELS = np.array([[0, 1, 2], [3, 254, 255]], np.uint8)


def test_labels_come_back(tmp_path):
    write_mask(tmp_path / "mask.png", LABELS)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), LABELS)


def test_a_viewer_shows_the_colours_of_the_benchmark(tmp_path):
    write_mask(tmp_path / "mask.png", LABELS)
    with Image.open(tmp_path / "mask.png") as image:
        assert image.mode == "P"
        shown = np.asarray(image.convert("RGB"))
    assert shown[0].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    assert shown[1].tolist() == [[128, 128, 0], [96, 224, 192], [224, 224, 192]]


def test_the_palette_has_no_colour_twice():
    assert len(np.unique(davis_palette(), axis=0)) == 256


def test_a_grey_mask_is_read_by_its_values(tmp_path):
    Image.fromarray(LABELS).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "grey.png"), LABELS)


def test_a_mask_of_one_bit_is_read_as_0_and_1(tmp_path):
    Image.fromarray(LABELS > 1).save(tmp_path / "bit.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "bit.png"), LABELS > 1)
