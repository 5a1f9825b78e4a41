"""Draws masks over frames, for display."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from shls_core.files.masks.indexed_png import davis_palette

_TINT = 0.45


def overlay(frame: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Return a frame whose objects are tinted in the benchmark's colours and outlined.

    Parameters
    ----------
    frame : UInt8[numpy.ndarray, "H W 3"]
        RGB; it is not changed.
    mask : UInt8[numpy.ndarray, "H W"]
        0 background, which keeps its colours, 1..K objects.
    """
    drawn = tint(frame, mask)
    drawn[outlines(mask)] = 255
    return drawn


def tint(frame: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Return a frame whose objects are tinted in the benchmark's colours."""
    tinted = cv2.addWeighted(frame, 1 - _TINT, davis_palette()[mask], _TINT, 0)
    return np.where(mask[..., None] > 0, tinted, frame)


def outlines(mask: UInt8[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Mark the pixels of objects that touch another label."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    differs = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, cross) > 0
    return differs & (mask > 0)
