"""What the tags of a TIFF say is done: the kinds that two decoders used to treat in two ways."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from shls_core.files.pictures.decode import decode_image

RNG = np.random.default_rng(0)
WIDE = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
EIGHT = np.rint(WIDE / 257.0)
GREY = WIDE[..., 0]
GREYS = EIGHT[..., :1].repeat(3, axis=2)
ORIENTATIONS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: np.rot90,
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def strips(pixels, rows, order="<"):
    stored = pixels.astype(order + "u2") if pixels.dtype == np.uint16 else pixels
    return [np.ascontiguousarray(stored[top : top + rows]).tobytes() for top in range(0, len(pixels), rows)]


def tiles(pixels, height, width):
    down, across = -(-pixels.shape[0] // height), -(-pixels.shape[1] // width)
    padded = np.zeros((down * height, across * width, *pixels.shape[2:]), pixels.dtype)
    padded[: pixels.shape[0], : pixels.shape[1]] = pixels
    return [
        np.ascontiguousarray(padded[top : top + height, left : left + width])
        for top in range(0, down * height, height)
        for left in range(0, across * width, width)
    ]


def differences(pixels):
    """The predictor: differences of neighbours in a row, as TIFF 6.0 section 14 says."""
    before = np.zeros_like(pixels)
    before[:, 1:] = pixels[:, :-1]
    return pixels - before


def page(make, pixels, photometric, order="<", rows=7, **tags):
    return make.tiff(
        [make.tiff_tags(pixels, photometric, t278=[rows], **tags)], [strips(pixels, rows, order)], order
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_sixteen_bits_are_rounded_and_turned(make, order, orientation):
    stored = np.ascontiguousarray(ORIENTATIONS[orientation](WIDE))
    np.testing.assert_array_equal(decode_image(page(make, stored, 2, order, t274=[orientation]), None), EIGHT)


def test_white_may_be_zero(make):
    np.testing.assert_array_equal(decode_image(page(make, 65535 - GREY, 0), None), GREYS)
    eight = GREYS[..., 0].astype(np.uint8)
    np.testing.assert_array_equal(decode_image(page(make, 255 - eight, 0), None), GREYS)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("colours", ["rgb", "grey"])
def test_an_extra_sample_is_alpha_only_if_it_says_so(make, wide, colours):
    scale = 257 if wide else 1
    straight = EIGHT if colours == "rgb" else EIGHT[..., :1]
    alpha = RNG.integers(60, 256, (20, 30, 1))
    premultiplied = np.rint(straight * alpha / 255)
    kind = 2 if colours == "rgb" else 1

    def decoded(samples, extra):
        stored = (np.concatenate([samples, alpha], axis=2) * scale).astype(np.uint16 if wide else np.uint8)
        return decode_image(page(make, stored, kind, t338=[extra]), None).astype(int)

    on_white = straight * alpha / 255 + 255 - alpha
    assert np.abs(decoded(straight, 2) - on_white).max() <= 0.5
    assert np.abs(decoded(premultiplied, 1) - on_white).max() <= 2
    np.testing.assert_array_equal(decoded(straight, 0), straight.repeat(3 // straight.shape[2], axis=2))


def test_an_unspecified_sample_before_alpha_means_nothing(make):
    rubbish, alpha = np.zeros((20, 30, 1), np.uint16), np.full((20, 30, 1), 65535, np.uint16)
    stored = np.concatenate([WIDE, rubbish, alpha], axis=2)
    np.testing.assert_array_equal(decode_image(page(make, stored, 2, t338=[0, 2]), None), EIGHT)


@pytest.mark.parametrize("num_samples", [1, 3, 4])
@pytest.mark.parametrize("is_tiled", [False, True])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [1, 8, 5])
def test_samples_lie_in_strips_or_tiles_together_or_in_planes(
    make, num_samples, is_tiled, is_planar, order, compression
):
    pixels = WIDE[..., :num_samples]
    if num_samples == 4:
        pixels = np.concatenate([WIDE, np.zeros((20, 30, 1), np.uint16)], axis=2)
    planes = [pixels[..., [band]] for band in range(num_samples)] if is_planar else [pixels]
    parts = []
    for plane in planes:
        cut = tiles(plane, 16, 16) if is_tiled else [plane[top : top + 7] for top in range(0, 20, 7)]
        for part in cut:
            stored = differences(part) if compression != 1 else part
            raw = np.ascontiguousarray(stored).astype(order + "u2").tobytes()
            parts.append({1: bytes, 8: zlib.compress, 5: lzw}[compression](raw))
    layout = {"t322": [16], "t323": [16]} if is_tiled else {"t278": [7]}
    tags = make.tiff_tags(pixels, 1 if num_samples == 1 else 2, t259=[compression], **layout)
    tags |= {284: [2 if is_planar else 1]} | ({317: [2]} if compression != 1 else {})
    tags |= {338: [0]} if num_samples == 4 else {}
    expected = GREYS if num_samples == 1 else EIGHT
    np.testing.assert_array_equal(decode_image(make.tiff([tags], [parts], order), None), expected)


def lzw(raw):
    """LZW without compression (TIFF 6.0, 13): codes of 9 bits, and a new table before it grows."""
    codes = []
    for number, value in enumerate(raw):
        codes += [256] if number % 200 == 0 else []
        codes.append(value)
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_cmyk_of_sixteen_bits_is_that_of_eight(make):
    cmyk = RNG.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    eight, wide = page(make, cmyk, 5), page(make, cmyk.astype(np.uint16) * 257, 5)
    np.testing.assert_array_equal(decode_image(wide, None), decode_image(eight, None))


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("photometric", [0, 1])
def test_few_bits_are_spread(make, bits, photometric):
    values = np.arange(1 << bits, dtype=np.uint8)[None]
    tags = make.tiff_tags(values, photometric) | {258: [bits]}
    if bits == 1:
        tags |= {256: [2]}
    digits = "".join(f"{value:0{bits}b}" for value in values[0])
    digits += "0" * (-len(digits) % 8)
    row = int(digits, 2).to_bytes(len(digits) // 8, "big")
    grey = decode_image(make.tiff([tags], [[row]]), None)[0, :, 0]
    expected = np.linspace(0, 255, 1 << bits).round()
    np.testing.assert_array_equal(grey, expected if photometric else expected[::-1])


@pytest.mark.parametrize("scale", [1, 257])
def test_a_palette_of_8_or_16_bits(make, scale):
    colours = RNG.integers(0, 256, (256, 3))
    colours[0] = (255, 0, 9)
    index = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
    data = page(make, index, 3, t320=(colours.T.ravel() * scale).tolist())
    np.testing.assert_array_equal(decode_image(data, None), colours[index])


def two_pages(make, first, second, kinds=(0, 0)):
    pages = [make.tiff_tags(p, 2) | {254: [kind]} for p, kind in zip((first, second), kinds, strict=True)]
    return make.tiff(pages, [strips(first, len(first)), strips(second, len(second))])


def test_the_largest_page_that_is_no_copy_is_the_photograph(make):
    small, large = WIDE[:5, :6], WIDE
    narrow = EIGHT.astype(np.uint8)
    np.testing.assert_array_equal(decode_image(two_pages(make, small, large), None), EIGHT)
    np.testing.assert_array_equal(decode_image(two_pages(make, narrow[:5, :6], narrow), None), EIGHT)
    np.testing.assert_array_equal(decode_image(two_pages(make, large, small), None), EIGHT)
    np.testing.assert_array_equal(decode_image(two_pages(make, small, large, (0, 1)), None), EIGHT[:5, :6])
    np.testing.assert_array_equal(decode_image(two_pages(make, small, large, (0, 4)), None), EIGHT[:5, :6])
    other = 65535 - large
    np.testing.assert_array_equal(decode_image(two_pages(make, large, other), None), EIGHT)


def test_pages_that_follow_each_other_in_a_circle_end(make):
    data = bytearray(page(make, WIDE, 2))
    (first,) = struct.unpack_from("<I", data, 4)
    data[-4:] = struct.pack("<I", first)
    np.testing.assert_array_equal(decode_image(bytes(data), None), EIGHT)


def test_big_tiff_is_read():
    file = io.BytesIO()
    eight = EIGHT.astype(np.uint8)
    Image.fromarray(eight).save(file, "TIFF", big_tiff=True)
    assert file.getvalue()[2] == 43
    np.testing.assert_array_equal(decode_image(file.getvalue(), None), eight)


@pytest.mark.parametrize("place", ["first page", "below it", "version"])
def test_camera_raw_is_no_small_picture(make, reason_for, place):
    """A NEF, an ARW, a DNG is a TIFF whose first page is a preview."""
    preview = EIGHT.astype(np.uint8)[:5, :6].copy()
    sensor = make.tiff_tags(GREY, 32803)
    if place == "first page":
        data = make.tiff([sensor], [strips(GREY, 20)])
    elif place == "version":
        data = make.tiff([make.tiff_tags(preview, 2) | {50706: [1]}], [strips(preview, 5)])
    else:
        alone = make.tiff([sensor], [strips(GREY, 20)])
        (below,) = struct.unpack_from("<I", alone, 4)
        tags = make.tiff_tags(preview, 2) | {254: [1], 330: [below]}
        data = make.tiff([tags], [strips(preview, 5)])
        # The directory of the sensor lies behind the preview, whose offsets stay.
        data = data.ljust(below, b"\0") + alone[below:]
    assert reason_for(data) == (
        "not read: camera raw (DNG, NEF, ARW, PEF and others); export it as JPEG or TIFF"
    )


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({339: [3]}, "floating point"),
        ({339: [2]}, "signed samples"),
        ({258: [12]}, "12 bits a sample"),
        ({258: [32]}, "32 bits a sample"),
        ({262: [8], 258: [8, 8, 8]}, "Lab"),
        ({262: [3]}, "16 bits in other colours than grey, RGB and CMYK"),
        ({259: [7]}, "16 bits in TIFF compression 7"),
        ({317: [3]}, "16 bits beside others"),
    ],
)
def test_samples_without_a_known_meaning_are_refused(make, reason_for, tags, reason):
    data = make.tiff([make.tiff_tags(GREY, 1) | tags], [strips(GREY, 20)])
    assert reason_for(data) == f"unsupported pixel format: {reason}"


@pytest.mark.parametrize("missing", [273, 278, 256, 257])
def test_missing_tags(make, reason_for, missing):
    tags = make.tiff_tags(GREY, 1, t273=[8])
    tags.pop(missing)
    data = make.tiff([tags], [[]])
    assert reason_for(data) == "corrupt or truncated image: TIFF"


def test_a_layout_that_nobody_reads_is_named(make, reason_for):
    pixels = np.zeros((4, 4, 5), np.uint8)
    data = make.tiff([make.tiff_tags(pixels, 5, t338=[2])], [[pixels.tobytes()]])
    assert reason_for(data) == "unsupported pixel format: 5 samples of 8 bits in a TIFF of this kind"


def test_a_strip_of_the_whole_picture_is_read_in_bands(make, monkeypatch):
    from shls_core.files.pictures import tiff_samples

    monkeypatch.setattr(tiff_samples, "_GROUP_BYTES", 30 * 6 * 3)
    np.testing.assert_array_equal(decode_image(page(make, WIDE, 2, rows=20), None), EIGHT)
    np.testing.assert_array_equal(decode_image(page(make, WIDE, 2, rows=7), None), EIGHT)


def test_many_strips_take_no_time(make, reason_for):
    """A strip for every row; and strips that each state the length of the file."""
    column = RNG.integers(0, 65536, (20_000, 1), dtype=np.uint16)
    compressed = [zlib.compress(row.tobytes()) for row in column]
    data = make.tiff([make.tiff_tags(column, 1, t259=[8], t278=[1])], [compressed])
    started = time.process_time()
    pixels = decode_image(data, None)
    assert time.process_time() - started < 5
    np.testing.assert_array_equal(pixels[..., 0], np.rint(column / 257.0))
    sizes = struct.pack(f"<{len(column)}I", *map(len, compressed))
    assert sizes in data
    forged = data.replace(sizes, struct.pack("<I", len(data)) * len(column))
    assert reason_for(forged) == "corrupt or truncated image: TIFF"


def test_a_large_picture_is_refused_undecoded(make, reason_for):
    tags = make.tiff_tags(GREY, 1) | {256: [60_000], 257: [60_000]}
    assert reason_for(make.tiff([tags], [[b"x"]])).startswith("too large: 60000x60000 px")
    tiled = make.tiff_tags(GREY, 1) | {259: [8], 322: [60_000], 323: [60_000]}
    assert reason_for(make.tiff([tiled], [[b"x"]])).startswith("too large: strips or tiles of")
