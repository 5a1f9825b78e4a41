"""Transparency: blended onto white, and never a white picture in silence."""

import struct

import numpy as np
import pytest
from PIL import Image

from shls_core.files.pictures.decode import decode_image


def bmp32(pixels, alpha, has_mask):
    """A BMP of 32 bits as screen grabbers write it, with or without a mask that names alpha."""
    height, width = pixels.shape[:2]
    fourth = np.full((height, width, 1), alpha, np.uint8)
    rows = np.concatenate([pixels[..., ::-1], fourth], axis=2)[::-1].tobytes()
    size, compression = (108, 3) if has_mask else (40, 0)
    header = struct.pack("<IiiHHIIiiII", size, width, height, 1, 32, compression, len(rows), 2835, 2835, 0, 0)
    if has_mask:
        header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + rows


@pytest.mark.parametrize("has_mask", [True, False])
@pytest.mark.parametrize("alpha", [0, 255])
def test_a_screen_grab_is_not_white(make, alpha, has_mask):
    pixels = make.scene()
    np.testing.assert_array_equal(decode_image(bmp32(pixels, alpha, has_mask), None), pixels)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "WEBP", "HEIC"])
def test_a_picture_that_is_transparent_everywhere_is_opaque_or_refused(make, reason_for, image_format):
    def file_of(pixels):
        image = Image.fromarray(np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)]))
        if image_format == "HEIC":
            return make.heic(image, quality=-1)
        return make.saved(image, image_format, lossless=True, exact=True)

    pixels = make.scene()
    assert np.abs(decode_image(file_of(pixels), None).astype(int) - pixels).max() <= (
        3 if image_format == "HEIC" else 0
    )
    assert reason_for(file_of(np.zeros_like(pixels))) == "transparent everywhere: no picture in it"


def test_grey_and_palettes_that_are_transparent_everywhere(make, reason_for):
    grey = np.asarray(Image.fromarray(make.scene()).convert("L"))
    both = Image.fromarray(np.dstack([grey, np.zeros_like(grey)]))
    np.testing.assert_array_equal(decode_image(make.saved(both, "PNG"), None)[..., 0], grey)
    palette = Image.fromarray(make.scene()).convert("P")
    hidden = make.saved(palette, "PNG", transparency=bytes(256))
    np.testing.assert_array_equal(decode_image(hidden, None), np.asarray(palette.convert("RGB")))
    assert reason_for(make.saved(Image.new("P", (9, 9)), "PNG", transparency=0)).startswith(
        "transparent everywhere"
    )


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_the_transparent_grey_of_a_png_has_the_depth_of_its_pixels(make, bits):
    """Pillow spreads the pixels to 8 bits, and compares them with a value that it does not spread."""
    values = list(range(min(1 << bits, 8)))
    row = "".join(f"{value:0{bits}b}" for value in values).ljust(8, "0")
    packed = int(row, 2).to_bytes(-(-len(row) // 8), "big")
    data = make.png([packed], len(values), bits, 0, make.chunk(b"tRNS", b"\0\1"))
    grey = decode_image(data, None)[0, :, 0].tolist()
    expected = [round(value * 255 / ((1 << bits) - 1)) for value in values]
    expected[1] = 255
    assert grey == expected


def test_large_pictures_are_converted_in_bands(make, monkeypatch):
    """Rows that are converted at a time change nothing."""
    from shls_core.files.pictures import white_ground

    pixels = np.dstack([make.scene(), np.arange(48 * 32, dtype=np.uint16).reshape(32, 48).astype(np.uint8)])
    data = make.saved(pixels, "PNG")
    whole = decode_image(data, None)
    monkeypatch.setattr(white_ground, "_BAND_PIXELS", 48 * 5)
    np.testing.assert_array_equal(decode_image(data, None), whole)
