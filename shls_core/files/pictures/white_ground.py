"""An opened picture becomes RGB pixels: colours are brought to sRGB, transparency is blended onto white."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from shls_core.errors import ImageError
from shls_core.files.pictures.colour_profiles import srgb_converter

# Pixels that are converted at a time: whole pictures would need several copies of 400 MB.
_BAND_PIXELS = 1 << 22

_COLOURS = {"LA": "L", "RGBA": "RGB"}


def rgb_pixels(image: Image.Image, profile: bytes | None) -> UInt8[np.ndarray, "H W 3"]:
    """Return the picture in sRGB, on white.

    A picture that is transparent everywhere is taken for opaque if its colours differ anywhere: programs that
    know no transparency leave 0 in its place.

    Parameters
    ----------
    image : PIL.Image.Image
        Decoded, 8 bits a sample or fewer.
    profile : bytes or None
        The ICC profile of its colours.

    Raises
    ------
    ImageError
        If the picture is transparent everywhere and holds one colour.
    """
    image = _without_empty_alpha(_in_plain_mode(image))
    convert = srgb_converter(_COLOURS.get(image.mode, image.mode), profile)
    rows = max(1, _BAND_PIXELS // image.width)
    if rows >= image.height:
        return np.array(_converted(image, convert))
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        band = image.crop((0, top, image.width, bottom))
        pixels[top:bottom] = np.asarray(_converted(band, convert))
    return pixels


def _in_plain_mode(image: Image.Image) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK."""
    if image.mode in ("La", "RGBa"):
        image = image.convert(image.mode.replace("a", "A"))
    if image.mode in ("CMYK", "LA", "RGBA"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _without_empty_alpha(image: Image.Image) -> Image.Image:
    colours = _COLOURS.get(image.mode)
    if colours is None or image.getchannel("A").getextrema() != (0, 0):
        return image
    image = image.convert(colours)
    if all(low == high for low, high in (band.getextrema() for band in image.split())):
        raise ImageError("transparent everywhere: no picture in it")
    return image


def _converted(band: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    colours = _COLOURS.get(band.mode)
    if colours is None:
        return convert(band)
    white = Image.new("RGB", band.size, "white")
    white.paste(convert(band.convert(colours)), mask=band.getchannel("A"))  # blends, rounded
    return white
