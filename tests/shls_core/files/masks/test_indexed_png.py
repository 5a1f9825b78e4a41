"""Masks written and read."""

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError
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


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16"])
def test_other_kinds_are_refused(tmp_path, mode):
    Image.new(mode, (3, 2)).save(tmp_path / "mask.png")
    with pytest.raises(InputError, match=r"expected an indexed or 8-bit grey mask, got mode .*mask\.png"):
        read_mask(tmp_path / "mask.png")


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"x" * 40])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    (tmp_path / "mask.png").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*mask\.png"):
        read_mask(tmp_path / "mask.png")


def test_a_truncated_file_is_named(tmp_path):
    write_mask(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 9, (80, 80), dtype=np.uint8))
    (tmp_path / "mask.png").write_bytes((tmp_path / "whole.png").read_bytes()[:-900])
    with pytest.raises(InputError, match=r"cannot read .*mask\.png"):
        read_mask(tmp_path / "mask.png")
