"""Colours come out in sRGB: against the formulas of the colour spaces, and against golden values."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from shls_core.errors import ImageError
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.standard_colours import (
    ADOBE_RGB_PRIMARIES,
    SRGB_PRIMARIES,
    matrix_profile,
    profile_of_code_points,
)

P3 = profile_of_code_points(12, 13)
ADOBE = matrix_profile(ADOBE_RGB_PRIMARIES, 563 / 256)

# A chart, and the matrices of the standards: IEC 61966-2-1, SMPTE EG 432-1, Adobe RGB 1998, all with D65.
CHART = np.array(
    [[[200, 100, 50], [40, 180, 90], [60, 60, 200], [128, 128, 128], [255, 255, 255], [0, 0, 0]]], np.uint8
)
TO_XYZ = {
    "sRGB": [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    "P3": [[0.4865709, 0.2656677, 0.1982173], [0.2289746, 0.6917385, 0.0792869], [0.0, 0.0451134, 1.0439444]],
    "Adobe": [
        [0.5767309, 0.1855540, 0.1881852],
        [0.2973769, 0.6273491, 0.0752741],
        [0.0270343, 0.0706872, 0.9911085],
    ],
}


def srgb_curve(linear):
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


def linear_of(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def in_srgb(pixels, space):
    values = pixels / 255.0
    linear = values ** (563 / 256) if space == "Adobe" else linear_of(values)
    xyz = linear @ np.array(TO_XYZ[space]).T
    return np.clip(255 * srgb_curve(xyz @ np.linalg.inv(TO_XYZ["sRGB"]).T), 0, 255)


@pytest.mark.parametrize(("space", "profile"), [("P3", P3), ("Adobe", ADOBE)])
@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "WEBP"])
def test_wide_colours_become_srgb(make, space, profile, image_format):
    data = make.saved(CHART, image_format, icc_profile=profile, lossless=True)
    assert np.abs(decode_image(data, None) - in_srgb(CHART, space)).max() <= 1.5


@pytest.mark.parametrize("image_format", ["JPEG", "AVIF"])
def test_wide_colours_of_lossy_formats_become_srgb(make, image_format):
    pixels = CHART.repeat(16, axis=0).repeat(16, axis=1)
    data = make.saved(pixels, image_format, icc_profile=P3, quality=100, subsampling="4:4:4")
    assert np.abs(decode_image(data, None)[8, 8::16] - in_srgb(CHART, "P3")[0]).max() <= 4


def test_golden_values(make):
    """What littleCMS 2.19 in Pillow 13.0 makes of Display P3 and Adobe RGB: rule 2."""
    by_profile = {
        name: decode_image(make.saved(CHART[:, :3], "PNG", icc_profile=profile), None)[0].tolist()
        for name, profile in (("P3", P3), ("Adobe", ADOBE))
    }
    assert by_profile == {
        "P3": [[215, 93, 31], [0, 183, 78], [60, 60, 208]],
        "Adobe": [[227, 100, 42], [0, 181, 83], [57, 57, 205]],
    }


def test_srgb_in_other_words_changes_nothing(make, every_kind):
    pixels = make.scene()
    for profile in (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        matrix_profile(SRGB_PRIMARIES, None),
    ):
        np.testing.assert_array_equal(
            decode_image(make.saved(pixels, "PNG", icc_profile=profile), None), pixels
        )


@pytest.mark.parametrize(
    "profile",
    [
        b"rubbish",
        P3[:100],
        P3[:-60],
        bytes(len(P3)),
        P3.replace(b"RGB ", b"CMYK"),
        P3.replace(b"mntr", b"link"),
    ],
)
def test_a_profile_that_cannot_be_used_is_ignored(make, profile):
    pixels = make.scene()
    np.testing.assert_array_equal(decode_image(make.saved(pixels, "PNG", icc_profile=profile), None), pixels)


def test_grey_with_a_profile(make):
    grey = np.arange(256, dtype=np.uint8)[None]
    linear = gray_profile(gamma=1.0)
    pixels = decode_image(make.saved(grey, "PNG", icc_profile=linear), None)
    assert np.abs(pixels[..., 0] - 255 * srgb_curve(grey / 255.0)).max() <= 1.5
    np.testing.assert_array_equal(pixels, pixels[..., :1].repeat(3, axis=2))


def test_grey_with_a_profile_of_rgb_is_taken_for_rgb(make):
    grey = np.arange(256, dtype=np.uint8)[None]
    pixels = decode_image(make.saved(grey, "PNG", icc_profile=matrix_profile(SRGB_PRIMARIES, 1.0)), None)
    assert np.abs(pixels[..., 1] - 255 * srgb_curve(grey / 255.0)).max() <= 1.5


def gray_profile(gamma):
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I4sII4sII", 2, b"kTRC", 156, len(curve), b"wtpt", 156 + len(curve), len(white))
    size = 156 + len(curve) + len(white)
    header = struct.pack(">III", size, 0, 0x02400000) + b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    return (header + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0") + table + curve + white


def test_cmyk_by_its_profile(make):
    """With a profile whose ink is black, whatever its colour: no formula gives the same."""
    cmyk = Image.new("CMYK", (4, 4), (128, 0, 0, 0))
    plain = decode_image(make.saved(cmyk, "TIFF"), None)
    by_profile = decode_image(make.saved(cmyk, "TIFF", icc_profile=cmyk_profile()), None)
    assert plain[0, 0].tolist() == [127, 255, 255]
    red, green, blue = by_profile[0, 0].tolist()
    assert abs(red - green) <= 3
    assert abs(green - blue) <= 3
    assert 100 < red < 160
    broken = decode_image(make.saved(cmyk, "TIFF", icc_profile=P3), None)
    np.testing.assert_array_equal(broken, plain)


def cmyk_profile():
    """A table from CMYK to Lab (lut8, 2 points an ink): L falls with C, the other inks do nothing."""
    identity = bytes(range(256))
    lab = {0: (255, 128, 128), 1: (0, 128, 128)}
    grid = b"".join(bytes(lab[c]) for c in (0, 1) for _ in range(8))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + grid + identity * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(
        ">I4sII4sII4sII", 3, b"A2B0", 168, len(lut), b"A2B1", 168, len(lut), b"wtpt", 168 + len(lut), 20
    )
    size = 168 + len(lut) + 20
    header = struct.pack(">III", size, 0, 0x02400000) + b"prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28)
    return (header + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0") + table + lut + white


# Colours stated in numbers


def png_of(make, pixels, extra):
    return make.png([row.tobytes() for row in pixels], pixels.shape[1], 8, 2, extra)


def chromaticities(primaries):
    red, green, blue, white = primaries
    return struct.pack(
        ">8I", *(round(100_000 * value) for pair in (white, red, green, blue) for value in pair)
    )


def test_a_png_may_state_its_colours_in_four_ways(make):
    cicp = make.chunk(b"cICP", bytes([12, 13, 0, 1]))
    adobe = make.chunk(b"iCCP", b"a\0\0" + zlib.compress(ADOBE))
    stated_srgb = make.chunk(b"sRGB", b"\0")
    gamma = make.chunk(b"gAMA", struct.pack(">I", 100_000))
    expected = {"P3": in_srgb(CHART, "P3"), "Adobe": in_srgb(CHART, "Adobe"), "sRGB": CHART}

    def matches(extra, wanted):
        return np.abs(decode_image(png_of(make, CHART, extra), None) - wanted).max() <= 1.5

    assert matches(cicp + adobe, expected["P3"])
    assert matches(adobe + gamma, expected["Adobe"])
    assert matches(stated_srgb + gamma, CHART)
    assert matches(gamma, 255 * srgb_curve(CHART / 255.0))
    assert matches(
        make.chunk(b"cHRM", chromaticities(ADOBE_RGB_PRIMARIES))
        + make.chunk(b"gAMA", struct.pack(">I", round(100_000 * 256 / 563))),
        expected["Adobe"],
    )
    assert matches(make.chunk(b"gAMA", struct.pack(">I", 45455)), CHART)
    assert matches(make.chunk(b"cHRM", bytes(32)), CHART)


def test_nclx_of_heic_and_avif(make):
    pixels = CHART.repeat(16, axis=0).repeat(16, axis=1)
    heic = make.heic(Image.fromarray(pixels), quality=-1, color_primaries=12, transfer_characteristics=13)
    assert np.abs(decode_image(heic, None)[8, 8::16] - in_srgb(CHART, "P3")[0]).max() <= 5
    avif = make.saved(pixels, "AVIF", quality=100, subsampling="4:4:4")
    marker = avif.index(b"colrnclx") + 8
    in_p3 = avif[:marker] + struct.pack(">HH", 12, 13) + avif[marker + 4 :]
    assert np.abs(decode_image(in_p3, None)[8, 8::16] - in_srgb(CHART, "P3")[0]).max() <= 5


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_a_high_dynamic_range_is_refused(make, reason_for, transfer, name):
    reason = f"unsupported pixel format: high dynamic range ({name}); export it as JPEG"
    assert reason_for(png_of(make, CHART, make.chunk(b"cICP", bytes([9, transfer, 0, 1])))) == reason
    heic = make.heic(Image.fromarray(make.scene()), color_primaries=9, transfer_characteristics=transfer)
    assert reason_for(heic) == reason
    with pytest.raises(ImageError):
        profile_of_code_points(9, transfer)


def test_a_camera_may_say_adobe_rgb_in_its_exif_block(make):
    pixels = CHART.repeat(16, axis=0).repeat(16, axis=1)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=100, subsampling=0, exif=exif)
    assert np.abs(decode_image(file.getvalue(), None)[8, 8::16] - in_srgb(CHART, "Adobe")[0]).max() <= 4
