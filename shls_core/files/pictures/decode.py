"""The one decoder of pictures: bytes become RGB pixels, by a numbered rule."""

import io
import re
import warnings
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from jaxtyping import Integer, UInt8
from PIL import Image, TiffImagePlugin, UnidentifiedImageError
from PIL.ExifTags import Base as ExifTag

from shls_core.errors import ImageError
from shls_core.files.pictures.sizes import shrink_to_side

DECODE_RULE = 1
"""Version of `decode_image`: incremented whenever the same bytes would give other pixels."""

MAX_PIXELS = 1 << 27
"""Largest photograph decoded, in px (134 million, 400 MB as RGB): larger ones are treated as decompression
bombs."""

# Formats of photographs. Others that Pillow reads (PostScript, icons, scientific grids, 16-bit JPEG 2000) are
# not photographs, run external programs, or lose the precision that the rule promises.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP", "GIF", "PPM")

_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF.{4}WEBP|.{4}ftypavi[fs]", flags=re.DOTALL
)
_CORRUPT = "corrupt or truncated image"

# The transform for each value of the EXIF tag Orientation; 1 is upright, other values have no meaning.
_TURNS: dict[object, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}


def decode_image(data: bytes, max_side: int | None) -> UInt8[np.ndarray, "H W 3"]:
    """Turn the bytes of a photograph into pixels, by the rule numbered `DECODE_RULE`.

    The whole file is decoded; of an animation the first frame is used, of a TIFF the first page. 16 bits
    become 8 by value / 257, rounded; grey becomes three equal channels; CMYK is converted by Pillow's
    formula; colour profiles are not applied; transparent pixels are blended onto white; the EXIF orientation
    is applied; last, the image is shrunk to `max_side` by area averaging.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG, WebP, TIFF, AVIF, BMP, GIF or PPM file.
    max_side : int or None
        Longest side of the result in px, at least 1; smaller images are never enlarged. None: as they are.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.

    Raises
    ------
    ImageError
        With a short reason: not an image, corrupt or truncated, too large, or a pixel format without
        colours in a known range (floating point, 32 bits, Lab).

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
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise ImageError(f"too large: {image.height}x{image.width} px, at most {MAX_PIXELS} px in all")
        image.load()
        pixels = _rgb_pixels(image, data)
        # Read after the pixels: for TIFF, Pillow turns the pixels itself and drops the tag.
        turn = _TURNS.get(image.getexif().get(ExifTag.Orientation))
    except (ImageError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(f"too large: at most {MAX_PIXELS} px in all expected") from error
    except UnidentifiedImageError as error:
        raise ImageError(_CORRUPT if _SIGNATURE.match(data) else "not an image") from error
    except Exception as error:  # each format of Pillow raises other errors
        raise ImageError(_CORRUPT) from error
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def _rgb_pixels(image: Image.Image, data: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """Convert any pixel format to 8-bit RGB on white."""
    if _has_wide_colours(image, data):
        return _over_white(_wide_colours(data))
    if image.mode.startswith("I"):
        return cv2.cvtColor(_wide_grey(image), cv2.COLOR_GRAY2RGB)
    if image.mode in ("F", "LAB"):
        raise ImageError(f"unsupported pixel format: {image.mode}")
    if image.has_transparency_data:
        return _over_white(np.asarray(image.convert("RGBA")))
    return np.array(image.convert("RGB"))


def _has_wide_colours(image: Image.Image, data: bytes) -> bool:
    """Whether the file holds 16-bit colours, which Pillow would cut to 8 bits without rounding."""
    if image.mode not in ("RGB", "RGBA"):
        return False
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return 16 in image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, ())
    png_bit_depth_at = 24
    return image.format == "PNG" and data[png_bit_depth_at] == 16


def _wide_colours(data: bytes) -> UInt8[np.ndarray, "H W C"]:
    """Decode a file of 16-bit colours to 8-bit RGB or RGBA."""
    wide = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if wide is None or wide.dtype != np.uint16 or wide.ndim != 3:
        raise ImageError(_CORRUPT)
    return cv2.cvtColor(
        _to_eight_bits(wide), cv2.COLOR_BGRA2RGBA if wide.shape[2] == 4 else cv2.COLOR_BGR2RGB
    )


def _wide_grey(image: Image.Image) -> UInt8[np.ndarray, "H W"]:
    """Convert 16-bit grey, in any integer type that Pillow uses for it, to 8 bits."""
    wide = np.asarray(image)
    if wide.min() < 0 or wide.max() > np.iinfo(np.uint16).max:
        raise ImageError(f"unsupported pixel format: values {wide.min()}..{wide.max()}, 16 bits expected")
    grey = _to_eight_bits(wide)
    transparent = image.info.get("transparency")
    return grey if transparent is None else np.where(wide == transparent, np.uint8(255), grey)


def _to_eight_bits(wide: Integer[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Return value / 257, rounded; 257 is odd, so there are no ties."""
    return ((wide.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _over_white(pixels: UInt8[np.ndarray, "H W C"]) -> UInt8[np.ndarray, "H W 3"]:
    """Blend RGBA onto white, rounded; RGB stays as it is."""
    if pixels.shape[2] == 3:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
