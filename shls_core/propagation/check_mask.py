"""Refuses masks that cannot be followed."""

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError


def check_mask(mask: UInt8[np.ndarray, "mask_H mask_W"], shape: tuple[int, ...]) -> None:
    """Check that a mask can be followed in a frame.

    Raises
    ------
    InputError
        If it has another size than the frame, has no object, or holds 255 (void).
    """
    if mask.shape != shape[:2]:
        raise InputError(f"expected a mask of shape {shape[:2]}, got {mask.shape}")
    if not mask.any():
        raise InputError("expected a mask with at least one object, got background only")
    if mask.max() == 255:
        raise InputError("expected object labels 1..254 in a mask, got 255 (void)")
