"""Opens HEIC files through libheif."""

import io
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import Image

from shls_core.errors import ImageError, MissingComponent
from shls_core.files.pictures.heif_extents import ends_early
from shls_core.files.pictures.opened_picture import (
    MAX_PIXELS,
    MAX_PIXELS_OF_COPIES,
    OpenedPicture,
    check_num_pixels,
)
from shls_core.files.pictures.sixteen_bits import to_eight_bits
from shls_core.files.pictures.standard_colours import profile_of_code_points

# Luma and chroma of 0 as RGB, by the matrices of BT.709, BT.2020 and BT.601.
_GREENS_OF_NOTHING = (84, 94, 135)


def open_heic(data: bytes) -> OpenedPicture:
    """Decode the primary picture of a HEIC file.

    libheif turns it as the file says; the orientation in its EXIF block says the same again, and is ignored,
    as the standard demands (ISO/IEC 23008-12).

    Raises
    ------
    ImageError
        If the picture is too large, or has a high dynamic range.
    MissingComponent
        If pillow-heif is not installed.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingComponent("HEIC needs pillow-heif: pip install pillow-heif") from error
    if ends_early(data):
        raise ImageError("corrupt or truncated image: HEIC")
    # Opened directly: registering an opener would change what Pillow reads for everybody in this process.
    found = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    width, height = found.size
    bits = int(found.info["bit_depth"])
    check_num_pixels(height, width, MAX_PIXELS if bits == 8 else MAX_PIXELS_OF_COPIES)
    codes = found.info.get("nclx_profile") or {}
    profile = profile_of_code_points(
        int(codes.get("color_primaries", 2)), int(codes.get("transfer_characteristics", 2))
    )
    samples = np.asarray(found)
    if samples.shape[:2] != (height, width) or _lacks_a_tile(samples, bits, found.info.get("tiling")):
        raise ImageError("corrupt or truncated image: HEIC")
    if samples.dtype != np.uint8:
        samples = to_eight_bits(samples, (1 << bits) - 1)
    image = Image.fromarray(samples)
    if found.premultiplied_alpha:
        image = Image.frombytes("RGBa", image.size, image.tobytes())
    return OpenedPicture(image, found.info.get("icc_profile") or profile)


def _lacks_a_tile(
    samples: UInt8[np.ndarray, "H W *C"] | UInt16[np.ndarray, "H W *C"],
    bits: int,
    tiling: Mapping[str, int] | None,
) -> bool:
    """Whether a tile of the picture was not decoded.

    Phones write a picture as tiles. Of a file that is damaged in the head of a tile libheif returns the
    others and leaves 0 in the place of the missing one: luma 0, and the chroma that is opposite to grey. That
    is a pure green, which no photograph has in so many pixels.
    """
    if tiling is None or samples.ndim != 3:
        return False
    red, green, blue = (samples[..., channel] for channel in range(3))
    pure = green[(red == 0) & (blue == 0)]
    most = tiling["tile_width"] * tiling["tile_height"] // 4  # tiles at the edge are cut
    scale = ((1 << bits) - 1) / 255
    return any(
        np.count_nonzero(np.abs(pure - level * scale) <= 2 * scale) >= most for level in _GREENS_OF_NOTHING
    )
