"""Masks of benchmarks: exact labels, or an error; never an object for the background."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError, MaskError
from shls_core.files.masks.label_files import exact_labels, read_mask

_EXACT = (
    *("grey labels", "grey 2 bit", "grey 4 bit", "voc palette", "voc gif", "voc bmp", "voc tiff", "rgb voc"),
    *("black palette", "own palette", "no black", "16 bit", "float tiff", "white ground"),
)


@pytest.mark.parametrize("kind", _EXACT)
def test_labels_are_exact(mask_file, two, kind):
    np.testing.assert_array_equal(exact_labels(mask_file(kind)), two)


@pytest.mark.parametrize("kind", ["void palette", "void grey"])
def test_void_is_kept(mask_file, two, kind):
    labels = exact_labels(mask_file(kind))
    np.testing.assert_array_equal(np.where(labels == 255, 0, labels), two)
    assert (labels == 255).sum() == 2 * 44


@pytest.mark.parametrize(("kind", "value"), [("binary", 255), ("rgb white", 255), ("bilevel", 1)])
def test_values_of_one_object_are_kept(mask_file, square, kind, value):
    np.testing.assert_array_equal(exact_labels(mask_file(kind)), square * np.uint8(value))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("white first", "whose black is index 1, so that background and objects may be swapped"),
        ("colours first", "whose black is index 2"),
        ("permuted voc", r"got index 3 in the colour of label 2 \(#008000\)"),
        ("rgb colours", "expected the colours of labels in PASCAL VOC and DAVIS, got #1edc1e"),
        ("jpeg", "got JPEG, which changes values"),
        ("lossy webp", "got lossy WebP"),
        ("cut-out", "whose opacity varies"),
        ("soft", "grey levels, of which most fill no area"),
        ("16 bit ids", r"expected labels 0\.\.255, got 26000"),
        ("photograph", "expected labels, got thousands of colours|PASCAL VOC"),
    ],
)
def test_what_is_not_certain_is_refused(mask_file, tmp_path, kind, told):
    (tmp_path / "00000.png").write_bytes(mask_file(kind))
    with pytest.raises(InputError, match=rf"{told}.*: .*00000\.png$") as raised:
        read_mask(tmp_path / "00000.png")
    assert len(str(raised.value).splitlines()) == 1


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot read it: No such file or directory: .*mask\.png"):
        read_mask(tmp_path / "mask.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InputError, match="it is a named pipe, no regular file"):
        read_mask(tmp_path / "pipe.png")


def test_a_file_too_large_for_a_mask_is_not_read(tmp_path):
    with (tmp_path / "mask.png").open("wb") as file:
        file.truncate(1 << 29)
    with pytest.raises(InputError, match="it has 512 MB, and files of its kind have at most 256 MB"):
        read_mask(tmp_path / "mask.png")


def test_a_palette_of_grey_is_grey():
    image = Image.frombytes("P", (4, 3), bytes([0, 0, 128, 128] * 3))
    image.putpalette([level for grey in range(256) for level in (grey, grey, grey)])
    data = io.BytesIO()
    image.save(data, "PNG")
    assert np.unique(exact_labels(data.getvalue())).tolist() == [0, 128]
    with pytest.raises(MaskError):
        exact_labels(data.getvalue()[:60])
