"""Opens TIFF files: 16 bits by their tags, everything else through Pillow."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from shls_core.errors import ImageError
from shls_core.files.pictures.opened_picture import OpenedPicture, check_num_pixels
from shls_core.files.pictures.tiff_pages import CORRUPT, TiffPage, photograph_page, starting_at
from shls_core.files.pictures.tiff_samples import wide_picture

_PHOTOMETRIC, _ORIENTATION, _NUM_SAMPLES, _COLOUR_MAP, _SAMPLE_FORMAT = 262, 274, 277, 320, 339
_PART_SIZES = (279, 325)
_UNSIGNED, _FLOATING = 1, 3
# Times that the file may be read: strips that each state the length of the file would read it for hours.
_MOST_READ = 8
_ALIKE_IN_PILLOW = 8
_NAMED = {8: "Lab", 9: "Lab", 10: "Lab", 32844: "LogLuv", 32845: "LogLuv"}


def open_tiff(data: bytes) -> OpenedPicture:
    """Decode the page of a TIFF that is the photograph.

    Raises
    ------
    ImageError
        If the file is camera raw or corrupt, or its samples have no known range (floating point, signed, 32
        bits) or no colours that are known here.
    """
    page = photograph_page(data)
    check_num_pixels(page.height, page.width)
    _check_samples(page)
    if sum(map(sum, (page.tags.get(tag, ()) for tag in _PART_SIZES))) > _MOST_READ * len(data):
        raise ImageError(CORRUPT)
    if page.bits > _ALIKE_IN_PILLOW:
        orientation = page.number(_ORIENTATION, 1)
        return OpenedPicture(wide_picture(data, page), page.profile, orientation)
    try:
        image = Image.open(io.BytesIO(starting_at(data, page)), formats=("TIFF",))
    except UnidentifiedImageError as error:  # its directory is sound, but nothing that Pillow knows
        samples = f"{page.number(_NUM_SAMPLES, 1)} samples of {page.bits} bits"
        raise ImageError(f"unsupported pixel format: {samples} in a TIFF of this kind") from error
    image.load()  # turns the pixels, too
    _widen_narrow_palette(image, page)
    return OpenedPicture(image, page.profile)


def _check_samples(page: TiffPage) -> None:
    formats, colours = set(page.tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))), page.number(_PHOTOMETRIC, 0)
    if _FLOATING in formats:
        raise ImageError("unsupported pixel format: floating point")
    if formats != {_UNSIGNED}:
        raise ImageError("unsupported pixel format: signed samples")
    if page.bits not in (1, 2, 4, 8, 16):
        raise ImageError(f"unsupported pixel format: {page.bits} bits a sample")
    if colours in _NAMED:
        raise ImageError(f"unsupported pixel format: {_NAMED[colours]}")


def _widen_narrow_palette(image: Image.Image, page: TiffPage) -> None:
    """Take the values of a palette as they are if none needs 16 bits: some writers put 8 bits there."""
    values = page.tags.get(_COLOUR_MAP, ())
    if image.mode == "P" and values and max(values) < 256:
        image.putpalette(np.reshape(values, (3, -1)).T.astype(np.uint8).tobytes())
