import io
import struct
import warnings
import zlib

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from PIL import Image

from shls_core.errors import ImageError, InputError, SampleError
from shls_core.files.pictures import decode
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.jpeg_frames import decode_frame, encode_frame
from shls_core.files.pictures.sizes import check_image_size, shrink_to_side

RNG = np.random.default_rng(0)
PNG_COLOUR_TYPES = {"grey": (0, 1), "rgb": (2, 3), "grey alpha": (4, 2), "rgb alpha": (6, 4)}


def photograph() -> Image.Image:
    return Image.fromarray(skimage.data.chelsea()[:120, :160])


def file_of(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_start(height: int, width: int, bits: int, colour_type: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def wide_png(pixels: np.ndarray, kind: str, transparent: bytes = b"") -> bytes:
    """A 16-bit PNG, which Pillow cannot write, straight from the format's specification."""
    colour_type, num_channels = PNG_COLOUR_TYPES[kind]
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, width * num_channels).astype(">u2")
    return (
        png_start(height, width, 16, colour_type)
        + (png_chunk(b"tRNS", transparent) if transparent else b"")
        + png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)))
        + png_chunk(b"IEND", b"")
    )


def reason_for(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode_image(data, None)
    return caught.value.reason


def pixels_or_reason(data: bytes) -> np.ndarray | str:
    try:
        return decode_image(data, None)
    except ImageError as error:
        return error.reason


# Pixel formats


@pytest.mark.parametrize(
    ("image_format", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("PPM", {}), ("WEBP", {"lossless": True})],
)
def test_lossless_formats_give_the_pixels_back(image_format, options):
    image = photograph()
    pixels = decode_image(file_of(image, image_format, **options), None)

    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.asarray(image))


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_come_close(image_format):
    image = photograph()
    pixels = decode_image(file_of(image, image_format, quality=95), None)
    assert np.abs(pixels.astype(int) - np.asarray(image)).mean() < 3


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_grey_and_palette_become_rgb(mode):
    image = photograph().convert("L").convert(mode)
    pixels = decode_image(file_of(image, "PNG"), None)

    np.testing.assert_array_equal(pixels[..., 0], np.asarray(image.convert("L")))
    np.testing.assert_array_equal(pixels, pixels[..., :1].repeat(3, axis=2))


def test_cmyk_is_converted():
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    np.testing.assert_allclose(decode_image(file_of(image, "JPEG"), None)[4, 4], (0, 255, 255), atol=2)


def test_alpha_is_blended_onto_white():
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 255, 51]]], np.uint8)
    pixels = decode_image(file_of(Image.fromarray(rgba), "PNG"), None)
    # At alpha 51 = one fifth: 0.2 * colour + 0.8 * 255.
    np.testing.assert_array_equal(pixels, [[[10, 20, 30], [255, 255, 255], [204, 224, 255]]])


def test_a_transparent_palette_entry_becomes_white():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    for transparency in (1, b"\xff\x00"):
        data = file_of(palette, "PNG", transparency=transparency)
        np.testing.assert_array_equal(decode_image(data, None), [[[10, 20, 30], [255, 255, 255]]])


@settings(max_examples=20)
@given(hnp.arrays(np.uint8, (3, 4, 4)))
def test_alpha_blending_is_the_rounded_mean(rgba):
    rgba[0, 0, 3] = 255  # transparent everywhere is another case
    pixels = decode_image(file_of(Image.fromarray(rgba), "PNG"), None)
    share = rgba[..., 3:] / 255.0
    exact = share * rgba[..., :3] + (1 - share) * 255.0
    assert np.abs(pixels - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("kind", PNG_COLOUR_TYPES)
def test_sixteen_bits_are_divided_by_257_and_rounded(kind):
    num_channels = PNG_COLOUR_TYPES[kind][1]
    wide = RNG.integers(0, 65536, (5, 7, num_channels), dtype=np.uint16)
    if "alpha" in kind:
        wide[..., -1] = 65535
    pixels = decode_image(wide_png(wide, kind), None)

    colours = wide[..., :1].repeat(3, axis=2) if "grey" in kind else wide[..., :3]
    np.testing.assert_array_equal(pixels, np.rint(colours / 257.0))


@pytest.mark.parametrize("kind", ["grey", "rgb"])
def test_the_transparent_colour_of_sixteen_bits_becomes_white(kind):
    num_channels = PNG_COLOUR_TYPES[kind][1]
    wide = np.full((1, 2, num_channels), 514, np.uint16)
    wide[0, 1] = 1028
    transparent = struct.pack(f">{num_channels}H", *[1028] * num_channels)
    pixels = decode_image(wide_png(wide, kind, transparent), None)
    np.testing.assert_array_equal(pixels, [[[2, 2, 2], [255, 255, 255]]])


@pytest.mark.parametrize("num_channels", [1, 3])
def test_sixteen_bit_tiff(num_channels):
    wide = RNG.integers(0, 65536, (5, 7, num_channels), dtype=np.uint16)
    _, data = cv2.imencode(".tiff", wide)
    expected = np.rint(wide[..., ::-1] / 257.0)
    np.testing.assert_array_equal(decode_image(data.tobytes(), None), expected + np.zeros((1, 1, 3)))


def test_sixteen_bit_pgm():
    data = b"P5 2 1 65535\n" + np.array([1000, 65535], ">u2").tobytes()
    np.testing.assert_array_equal(decode_image(data, None), [[[4, 4, 4], [255, 255, 255]]])


def test_pixels_without_a_known_range_are_refused():
    floating = Image.fromarray(np.zeros((4, 4), np.float32))
    assert reason_for(file_of(floating, "TIFF")) == "unsupported pixel format: floating point"
    integers = Image.fromarray(np.full((4, 4), 70_000, np.int32))
    assert reason_for(file_of(integers, "TIFF")) == "unsupported pixel format: signed samples"


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_counts(image_format):
    red, blue = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))
    data = file_of(red, image_format, save_all=True, append_images=[blue], lossless=True)
    np.testing.assert_array_equal(decode_image(data, None), np.asarray(red))


# The turn that EXIF asks for


def turned(upright: np.ndarray, orientation: int) -> np.ndarray:
    """How a camera that writes this orientation stores an upright image (EXIF 2.32, 4.6.4)."""
    return {
        1: upright,
        2: np.fliplr(upright),
        3: np.rot90(upright, 2),
        4: np.flipud(upright),
        5: np.transpose(upright, (1, 0, 2)),
        6: np.rot90(upright, 1),
        7: np.transpose(np.rot90(upright, 2), (1, 0, 2)),
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "WEBP"])
def test_the_image_is_turned_upright(orientation, image_format):
    upright = np.asarray(photograph())
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turned(upright, orientation)))
    pixels = decode_image(file_of(stored, image_format, exif=exif, lossless=True), None)

    np.testing.assert_array_equal(pixels, upright)
    assert pixels.flags.c_contiguous


def test_sixteen_bit_tiff_is_turned_once():
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = RNG.integers(0, 256, (3, 5, 3), dtype=np.uint8)
    stored = np.ascontiguousarray(turned(upright, 6))
    # OpenCV writes 16 bits but no orientation; its only directory ends the file and takes one more entry.
    _, data = cv2.imencode(
        ".tiff", stored[..., ::-1].astype(np.uint16) * 257, [cv2.IMWRITE_TIFF_COMPRESSION, 1]
    )
    np.testing.assert_array_equal(decode_image(with_tiff_orientation(data.tobytes(), 6), None), upright)


def with_tiff_orientation(data: bytes, orientation: int) -> bytes:
    """Append a copy of the first directory that holds the orientation, and point the header at it."""
    (start,) = struct.unpack_from("<I", data, 4)
    (num_entries,) = struct.unpack_from("<H", data, start)
    entries = [data[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(num_entries)]
    entries = [entry for entry in entries if struct.unpack_from("<H", entry)[0] != 0x0112]
    entries.append(struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry)[0])
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    padded = data + bytes(len(data) % 2)
    return padded[:4] + struct.pack("<I", len(padded)) + padded[8:] + directory


def test_broken_exif_leaves_the_image_as_it_is():
    image = photograph()
    whole = file_of(image, "JPEG")
    for exif in (b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"):
        np.testing.assert_array_equal(
            decode_image(file_of(image, "JPEG", exif=exif), None), decode_image(whole, None)
        )


# Size


@pytest.mark.parametrize(
    ("height", "width", "max_side", "expected"),
    [
        (30, 40, 20, (15, 20)),
        (40, 30, 20, (20, 15)),
        (33, 100, 50, (17, 50)),  # 16.5 is rounded up
        (1, 100, 10, (1, 10)),
        (30, 40, 40, (30, 40)),
        (30, 40, 400, (30, 40)),
        (30, 40, None, (30, 40)),
    ],
)
def test_the_longest_side_is_brought_down(height, width, max_side, expected):
    data = file_of(Image.new("RGB", (width, height)), "PNG")
    assert decode_image(data, max_side).shape == (*expected, 3)


def test_bringing_down_averages_areas():
    pixels = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    means = pixels.reshape(2, 3, 3, 3, 3).mean(axis=(1, 3))
    assert np.abs(shrink_to_side(pixels, 3) - means).max() <= 0.5


def test_a_longest_side_of_nothing_is_an_input_error():
    with pytest.raises(InputError, match="at least 1 px, got 0"):
        decode_image(file_of(photograph(), "PNG"), 0)


def test_small_images_are_named_with_their_size():
    check_image_size(64, 64, 64)
    with pytest.raises(ImageError) as caught:
        check_image_size(100, 63, 64)
    assert caught.value.reason == "too small: 100x63 px, at least 64 px expected"


# Files that are no photographs


@pytest.mark.parametrize("data", [b"hello", bytes(1000), b"\x89PNG", b"{}", bytes(range(256))])
def test_other_files_are_not_images(data):
    assert reason_for(data) == "not an image"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "PPM"])
def test_a_cut_file_is_refused_or_whole_in_its_pixels(image_format):
    data = file_of(photograph(), image_format)
    whole = decode_image(data, None)
    num_refused = 0
    for length in [*np.linspace(30, len(data) - 1, 40).astype(int), len(data) - 2, len(data) - 3]:
        outcome = pixels_or_reason(data[:length])
        if isinstance(outcome, str):
            assert outcome == "not an image" or outcome.startswith("corrupt or truncated image")
            num_refused += 1
        else:
            np.testing.assert_array_equal(outcome, whole)
    assert num_refused >= 38


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_the_start_of_an_image_is_a_corrupt_image(image_format):
    named = {"WEBP": "WebP"}.get(image_format, image_format)
    assert reason_for(file_of(photograph(), image_format)[:20]) == f"corrupt or truncated image: {named}"


@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_is_corrupt_at_every_length(progressive):
    data = file_of(photograph(), "JPEG", progressive=progressive)
    for missing in (1, 2, 3, 10, 100, len(data) // 2, len(data) - 30):
        assert reason_for(data[:-missing]) == "corrupt or truncated image: JPEG"


def test_a_damaged_png_is_corrupt():
    data = bytearray(file_of(photograph(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert reason_for(bytes(data)) == "corrupt or truncated image: PNG"


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"PLTE", b"tRNS"])
def test_a_png_whose_pixels_do_not_have_their_checksum_is_corrupt(name):
    palette = photograph().convert("P")
    data = bytearray(file_of(palette, "PNG", transparency=3, compress_level=0))
    at = data.index(name) + 4 + (8 if name == b"IHDR" else 100 if name == b"IDAT" else 1)
    data[at] ^= 1 if name != b"IHDR" else 2
    assert reason_for(bytes(data)) == "corrupt or truncated image: PNG"


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_decompression_bomb_is_refused_unopened(side):
    assert reason_for(png_start(side, side, 8, 2) + png_chunk(b"IDAT", bytes(50))).startswith("too large:")


def test_the_result_does_not_depend_on_warning_filters():
    data = file_of(photograph(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        strict = decode_image(data, None)
        assert warnings.filters[0][0] == "error"
    np.testing.assert_array_equal(strict, decode_image(data, None))


# Frames and labels


def test_frames_come_back_in_rgb_and_nearly_the_same():
    frame = np.asarray(photograph())
    decoded = decode_frame(encode_frame(frame))

    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - frame).mean() < 2


def test_frames_are_the_same_on_every_encoding_and_smaller_at_less_quality():
    frame = np.asarray(photograph())
    assert encode_frame(frame) == encode_frame(frame.copy())
    assert len(encode_frame(frame, quality=50)) < len(encode_frame(frame)) / 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"no jpeg"]
)
def test_a_broken_frame_is_named(damage):
    with pytest.raises(SampleError, match="corrupt frame"):
        decode_frame(damage(encode_frame(np.asarray(photograph()))))


def test_the_rule_is_numbered():
    """These pixels are what rule 2 says; other pixels need another number."""
    ramp = np.linspace(0, 255, 12 * 16 * 3).reshape(12, 16, 3).astype(np.uint8)
    pixels = decode_image(file_of(Image.fromarray(ramp), "PNG"), 4)

    assert decode.DECODE_RULE == 2
    np.testing.assert_array_equal(
        pixels[:, :, 0], np.rint(ramp.reshape(3, 4, 4, 4, 3).astype(float).mean(axis=(1, 3)))[:, :, 0]
    )
