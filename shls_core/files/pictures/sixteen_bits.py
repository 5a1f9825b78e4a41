"""Samples of more than 8 bits become 8 bits, a band of rows at a time."""

import cv2
import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image

from shls_core.errors import ImageError

SIXTEEN_BITS = 65535
_BAND_SAMPLES = 1 << 22


def to_eight_bits(
    wide: Integer[np.ndarray, "H *shape"], largest: int = SIXTEEN_BITS
) -> UInt8[np.ndarray, "H *shape"]:
    """Return value * 255 / `largest`, rounded; values above `largest` become 255.

    Examples
    --------
    >>> to_eight_bits(np.array([0, 128, 129, 65535])).tolist()
    [0, 0, 1, 255]
    """
    narrow = np.empty(wide.shape, np.uint8)
    rows = max(1, _BAND_SAMPLES * len(wide) // max(wide.size, 1))
    for top in range(0, len(wide), rows):
        band = wide[top : top + rows].astype(np.uint32) * 255
        # For 16 bits the same quotient, without a division (tested for every value).
        narrow[top : top + rows] = (
            (band + 32895) >> 16
            if largest == SIXTEEN_BITS
            else np.minimum((band + largest // 2) // largest, 255)
        )
    return narrow


def wide_png(data: bytes) -> Image.Image:
    """Decode a PNG with 16-bit colours to 8 bits; Pillow would cut them off without rounding."""
    wide = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if wide is None or wide.dtype != np.uint16 or wide.ndim != 3:
        raise ImageError("corrupt or truncated image: PNG")
    narrow = to_eight_bits(wide)
    del wide
    reorder = cv2.COLOR_BGRA2RGBA if narrow.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return Image.fromarray(cv2.cvtColor(narrow, reorder, dst=narrow))


def wide_grey(image: Image.Image) -> Image.Image:
    """Convert 16-bit grey, in any integer type of Pillow's, to 8 bits, with alpha if it has one."""
    wide = np.asarray(image)
    if wide.min() < 0 or wide.max() > SIXTEEN_BITS:
        raise ImageError(f"unsupported pixel format: values {wide.min()}..{wide.max()}, 16 bits expected")
    grey = Image.fromarray(to_eight_bits(wide))
    transparent = image.info.get("transparency")
    if transparent is not None:
        grey.putalpha(Image.fromarray(np.where(wide == transparent, 0, 255).astype(np.uint8)))
    return grey
