"""Sizes of pictures: shrinks to a longest side, refuses what is too small."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import ImageError, InputError


def shrink_to_side(image: UInt8[np.ndarray, "H W 3"], max_side: int | None) -> UInt8[np.ndarray, "h w 3"]:
    """Shrink the longest side of an image to `max_side` px by area averaging; never enlarge.

    Examples
    --------
    >>> shrink_to_side(np.zeros((30, 40, 3), np.uint8), 100).shape
    (30, 40, 3)
    """
    if max_side is None:
        return image
    if max_side < 1:
        raise InputError(f"expected a longest side of at least 1 px, got {max_side}")
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return image
    # Integer rounding, half up: sizes do not depend on a platform's floats.
    new_height, new_width = (
        max(1, (2 * side * max_side + longest) // (2 * longest)) for side in (height, width)
    )
    return cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_AREA)


def check_image_size(height: int, width: int, min_side: int) -> None:
    """Raise ImageError if the shorter side of an image is under `min_side` px.

    Examples
    --------
    >>> check_image_size(480, 640, min_side=64)
    """
    if min(height, width) < min_side:
        raise ImageError(f"too small: {height}x{width} px, at least {min_side} px expected")
