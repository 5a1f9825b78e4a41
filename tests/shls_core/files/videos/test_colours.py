"""Colours come out as the stream means them."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import open_video

RED, GREEN = (200, 40, 60), (30, 160, 90)
# Matrices of ITU-R BT.601, BT.709 and BT.2020: red and blue of luma.
LUMA = {6: (0.299, 0.114), 1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}


def yuv_of(colour, matrix, is_full):
    """The standard's own formula, written out."""
    red, green, blue = (value / 255 for value in colour)
    of_red, of_blue = LUMA[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    chroma = (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)
    if is_full:
        return round(255 * luma), *(round(255 * value + 128) for value in chroma)
    return round(16 + 219 * luma), *(round(128 + 224 * value) for value in chroma)


def flat(values, size, pixel_format="yuv444p", depth=1):
    frame = av.VideoFrame(*size, pixel_format)
    for plane, value in zip(frame.planes, values, strict=True):
        sample = value.to_bytes(depth, "little")
        plane.update(sample * (plane.buffer_size // depth))
    return frame


def write_flat(films, path, colour, matrix, is_full, stated_matrix, size=(64, 48)):
    def tagged(_):
        frame = flat(yuv_of(colour, matrix, is_full), size)
        frame.colorspace, frame.color_range = stated_matrix, 2 if is_full else 1
        return frame

    def prepare(stream):
        stream.codec_context.colorspace = stated_matrix
        stream.codec_context.color_range = ColorRange.JPEG if is_full else ColorRange.MPEG

    return films.write(path, "libx264", "yuv444p", 1, size, {"qp": "0"}, frames=tagged, prepare=prepare)


@pytest.mark.parametrize("colour", [RED, GREEN])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", [6, 1, 9])
def test_matrix_and_range_are_those_of_the_stream(tmp_path, films, colour, matrix, is_full):
    path = write_flat(films, tmp_path / "a.mkv", colour, matrix, is_full, matrix)
    [frame] = open_video(path).frames()
    assert np.abs(frame.pixels[20, 20].astype(int) - colour).max() <= 3


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), 6), ((64, 720), 1), ((1280, 48), 1)])
def test_without_a_matrix_players_take_the_size(tmp_path, films, size, matrix):
    path = write_flat(films, tmp_path / "a.mkv", RED, matrix, False, 2, size)
    [frame] = open_video(path).frames()
    assert np.abs(frame.pixels[20, 20].astype(int) - RED).max() <= 3


@pytest.mark.parametrize(
    ("encoder", "pixel_format", "name"),
    [
        ("qtrle", "argb", "a.mov"),
        ("prores_ks", "yuva444p10le", "a.mov"),
        ("libvpx-vp9", "yuva420p", "a.webm"),
        ("libvpx", "yuva420p", "a.webm"),
    ],
)
def test_transparent_pixels_are_blended_onto_white(tmp_path, films, encoder, pixel_format, name):
    def frames(_):
        pixels = np.full((48, 64, 4), (30, 60, 90, 255), np.uint8)
        pixels[:, 32:, 3] = 0
        return av.VideoFrame.from_ndarray(pixels, format="rgba")

    path = films.write(
        tmp_path / name, encoder, pixel_format, 1, (64, 48), {"auto-alt-ref": "0"}, frames=frames
    )
    [frame] = open_video(path).frames()
    assert np.abs(frame.pixels[20, 10].astype(int) - (30, 60, 90)).max() <= 6
    assert frame.pixels[20, 54].min() >= 250


@pytest.mark.slow  # FFmpeg computes a table of colours for some seconds
@pytest.mark.parametrize(("transfer", "name"), [(ColorTrc.SMPTE2084, "PQ"), (ColorTrc.ARIB_STD_B67, "HLG")])
def test_hdr_becomes_sdr_and_is_said(tmp_path, films, transfer, name):
    # Grey of 203 cd/m2, the white of a page in HDR: 58 % in PQ, 75 % in HLG (ITU-R BT.2408).
    level = {"PQ": 0.58, "HLG": 0.75}[name]

    def frames(number):
        value = round(64 + 876 * level * (1 if number == 0 else 0.5))
        frame = flat((value, 512, 512), (64, 48), "yuv444p10le", depth=2)
        frame.colorspace, frame.color_range, frame.color_trc = Colorspace.BT2020, 1, transfer
        frame.color_primaries = ColorPrimaries.BT2020
        return frame

    def prepare(stream):
        context = stream.codec_context
        context.color_trc, context.color_primaries = transfer, ColorPrimaries.BT2020
        context.colorspace, context.color_range = 9, ColorRange.MPEG

    path = films.write(
        tmp_path / "a.mkv", "libx265", "yuv444p10le", 2, (64, 48), frames=frames, prepare=prepare
    )
    findings = Findings()
    white, grey = open_video(path).frames(findings)
    assert findings.notes == [f"it is HDR ({name}): its colours are brought to SDR (sRGB)"]
    # White stays light and grey, dark is darker.
    assert white.pixels.min() > 150
    assert np.ptp(white.pixels[20, 20].astype(int)) <= 4
    assert grey.pixels.max() < white.pixels.min() - 40
