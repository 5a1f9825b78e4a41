"""Samples as they are stored, and files that are not whole."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from shls_core.errors import MaskDamaged, MaskError
from shls_core.files.masks.samples import read_samples

VALUES = np.arange(48, dtype=np.uint8).reshape(6, 8)


def png(values, **options):
    data = io.BytesIO()
    Image.fromarray(values).save(data, "PNG", **options)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["grey 2 bit", "grey 4 bit"])
def test_few_bits_are_not_spread(mask_file, two, kind):
    samples = read_samples(mask_file(kind))
    np.testing.assert_array_equal(samples.values, two)
    assert samples.white == {"grey 2 bit": 3, "grey 4 bit": 15}[kind]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = png(VALUES, exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(read_samples(data).values, upright)


def test_opacity_that_is_the_same_everywhere_says_nothing():
    colours = np.repeat(VALUES[..., None], 3, axis=2)
    for opacity in (0, 128, 255):
        samples = read_samples(png(np.dstack([colours, np.full_like(VALUES, opacity)])))
        assert samples.alpha is None
        np.testing.assert_array_equal(samples.values, VALUES.astype(np.uint32) * 0x010101)


def test_a_transparent_value_is_opacity():
    data = io.BytesIO()
    Image.fromarray(VALUES).save(data, "PNG", transparency=5)
    alpha = read_samples(data.getvalue()).alpha
    assert alpha is not None
    np.testing.assert_array_equal(alpha == 0, VALUES == 5)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"x" * 40, png(VALUES)[:-30]])
def test_what_is_no_whole_picture_is_damaged(content):
    with pytest.raises(MaskDamaged, match=r"^expected a (mask as a picture|whole mask), got "):
        read_samples(content)


def test_a_flipped_bit_is_seen_even_where_it_decompresses():
    rows = b"".join(b"\0" + row.tobytes() for row in VALUES)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 8, 6, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 0)),  # stored as it is
        (b"IEND", b""),
    ]
    whole = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
    np.testing.assert_array_equal(read_samples(whole).values, VALUES)
    at = whole.index(rows[20:30])
    flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    with pytest.raises(MaskDamaged, match="checksum of PNG chunk IDAT"):
        read_samples(flipped)


def test_a_size_that_no_mask_has_is_refused_before_it_is_decoded():
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b""))
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )
    with pytest.raises(MaskError, match=f"at most {1 << 25} px, got"):
        read_samples(bomb)
