"""The one decoder of pictures: bytes become RGB pixels, by a numbered rule."""

import io
import re
import warnings
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from PIL.ExifTags import IFD
from PIL.ExifTags import Base as ExifTag

from shls_core.errors import ImageError, MissingComponent
from shls_core.files.file_format import FileFormat
from shls_core.files.pictures import png
from shls_core.files.pictures.formats import AVIF, BMP, GIF, HEIC, JPEG, PNG, PNM, TIFF, WEBP
from shls_core.files.pictures.heic import open_heic
from shls_core.files.pictures.jpeg_kinds import refusal_of_jpeg
from shls_core.files.pictures.opened_picture import (
    MAX_PIXELS,
    MAX_PIXELS_OF_COPIES,
    OpenedPicture,
    check_num_pixels,
)
from shls_core.files.pictures.orientation import upright
from shls_core.files.pictures.portable_maps import open_portable_map
from shls_core.files.pictures.refused_formats import format_of, refusal_of
from shls_core.files.pictures.sixteen_bits import wide_grey, wide_png
from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.files.pictures.standard_colours import (
    ADOBE_RGB_PRIMARIES,
    matrix_profile,
    profile_of_code_points,
)
from shls_core.files.pictures.tiff import open_tiff
from shls_core.files.pictures.white_ground import rgb_pixels

DECODE_RULE = 2
"""Version of `decode_image`: incremented whenever the same bytes would give other pixels."""

_CODE_POINTS = re.compile(rb"colrnclx(.{2})(.{2})", flags=re.DOTALL)
_ADOBE_RGB_FILE = "R03"
_ADOBE_GAMMA = 563 / 256


def decode_image(data: bytes, max_side: int | None) -> UInt8[np.ndarray, "H W 3"]:
    """Turn the bytes of a photograph into pixels, by the rule numbered `DECODE_RULE`.

    The whole file is decoded; of several pictures in it one is used (docs/formats.md). More than 8 bits
    become 8, rounded; grey becomes three equal channels; colours are brought to sRGB by the file's profile,
    CMYK without one by Pillow's formula; transparent pixels are blended onto white, unless every pixel is
    fully transparent: then transparency is ignored; the picture is turned upright; last, it is shrunk to
    `max_side` by area averaging.

    Parameters
    ----------
    data : bytes
        A file in one of the formats that docs/formats.md lists.
    max_side : int or None
        Longest side of the result in px, at least 1; smaller images are never enlarged. None: as they are.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB in sRGB, 0..255.

    Raises
    ------
    ImageError
        With a short reason: not an image, a format that is not read (named, with what to do), corrupt or
        truncated, too large, transparent everywhere, or a pixel format without colours in a known range
        (floating point, 32 bits, Lab, high dynamic range).
    MissingComponent
        If the package that reads the format is not installed.

    Examples
    --------
    >>> decode_image(encode_frame(np.zeros((30, 40, 3), np.uint8)), max_side=20).shape
    (15, 20, 3)
    """
    # Pillow warns of oddities outside the pixels (metadata, palettes). They are no reason to reject a
    # photograph, and that must not depend on the caller's warning filters. Problems of the pixels raise
    # errors.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = _decoded(data)
    return shrink_to_side(pixels, max_side)


def _decoded(data: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """Return the upright RGB pixels of a file at its full size."""
    found = format_of(data)
    if found is None or found not in _READERS:
        raise ImageError(refusal_of(data) or "not an image")
    try:
        picture = _READERS[found](data)
        return upright(rgb_pixels(picture.image, picture.profile), picture.orientation)
    except (ImageError, MissingComponent, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageError("too large: a decompression bomb") from error
    except Exception as error:  # each format of Pillow raises other errors
        raise ImageError(f"corrupt or truncated image: {found.name}") from error


def _loaded(data: bytes, found: FileFormat, most: int = MAX_PIXELS) -> Image.Image:
    """Decode a file of at most so many pixels through Pillow."""
    image = Image.open(io.BytesIO(data), formats=(found.name.upper(),))
    check_num_pixels(image.height, image.width, most)
    image.load()
    return image


def _plainly(found: FileFormat, most: int = MAX_PIXELS) -> Callable[[bytes], OpenedPicture]:
    def opened(data: bytes) -> OpenedPicture:
        image = _loaded(data, found, most)
        return OpenedPicture(image, image.info.get("icc_profile"), image.getexif().get(ExifTag.Orientation))

    return opened


def _jpeg(data: bytes) -> OpenedPicture:
    try:
        image = _loaded(data, JPEG)
    except OSError as error:
        raise ImageError(refusal_of_jpeg(data) or "corrupt or truncated image: JPEG") from error
    exif = image.getexif()
    profile = image.info.get("icc_profile")
    # Cameras that are set to Adobe RGB say so here, without a profile (DCF 2.0, "optional files").
    if profile is None and IFD.Exif in exif and _ADOBE_RGB_FILE in exif.get_ifd(IFD.Interop).values():
        profile = matrix_profile(ADOBE_RGB_PRIMARIES, _ADOBE_GAMMA)
    return OpenedPicture(image, profile, exif.get(ExifTag.Orientation))


def _png(data: bytes) -> OpenedPicture:
    png.check_sums(data)
    # Also where it is decoded again below: it checks the whole file.
    image = _loaded(data, PNG, MAX_PIXELS_OF_COPIES if png.is_wide(data) else MAX_PIXELS)
    profile = png.profile_of(data, image.info.get("icc_profile"))
    orientation = image.getexif().get(ExifTag.Orientation)
    if image.mode.startswith("I"):
        image = wide_grey(image)
    elif png.is_wide(data):
        del image
        image = wide_png(data)
    else:
        png.spread_transparency(image, data)
    return OpenedPicture(image, profile, orientation)


def _avif(data: bytes) -> OpenedPicture:
    stated = _CODE_POINTS.search(data)
    codes = [int.from_bytes(code, "big") for code in stated.groups()] if stated else [2, 2]
    profile = profile_of_code_points(*codes)
    picture = _plainly(AVIF)(data)
    return OpenedPicture(picture.image, picture.profile or profile, picture.orientation)


_READERS: Mapping[FileFormat, Callable[[bytes], OpenedPicture]] = {
    JPEG: _jpeg,
    PNG: _png,
    AVIF: _avif,
    HEIC: open_heic,
    TIFF: open_tiff,
    PNM: open_portable_map,
    WEBP: _plainly(WEBP, MAX_PIXELS_OF_COPIES),
    GIF: _plainly(GIF),
    BMP: _plainly(BMP),
}
