"""Reads mask files: one label per object."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from shls_core.errors import InputError

_INDEXED_OR_GREY = ("P", "L", "1")


def read_mask(path: Path) -> UInt8[np.ndarray, "H W"]:
    """Return the labels of a mask file: palette indices of an indexed PNG, values of an 8-bit grey one.

    Raises
    ------
    InputError
        If it is neither, or cannot be read.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in _INDEXED_OR_GREY:
                raise InputError(f"expected an indexed or 8-bit grey mask, got mode {image.mode}: {path}")
            return np.asarray(image).astype(np.uint8, copy=False)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"expected a mask as PNG, cannot read {path}: {what}") from error
