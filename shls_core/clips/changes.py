"""How much a frame differs from the one before it: histograms of colour at a small size."""

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from shls_core.files.pictures.sizes import shrink_to_side

SIDE_PX = 64
"""Longest side, in px, at which frames are compared."""

_LEVELS = 8
"""Levels of each Lab channel."""


def colour_histogram(pixels: UInt8[np.ndarray, "H W 3"]) -> Float64[np.ndarray, "512"]:
    """Return the shares of 8x8x8 Lab colours in a frame, at 64 px.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    """
    lab = cv2.cvtColor(shrink_to_side(pixels, SIDE_PX), cv2.COLOR_RGB2LAB).astype(np.int64)
    lightness, red_green, blue_yellow = np.moveaxis(lab * _LEVELS // 256, -1, 0)
    colours = (lightness * _LEVELS + red_green) * _LEVELS + blue_yellow
    counts = np.bincount(colours.ravel(), minlength=_LEVELS**3)
    shares: Float64[np.ndarray, 512] = counts / colours.size
    return shares


def change(before: Float64[np.ndarray, "512"], after: Float64[np.ndarray, "512"]) -> float:
    """Return one minus the intersection of two histograms: 0 for equal ones, 1 without a common colour.

    Examples
    --------
    >>> black, white = (np.full((4, 4, 3), value, np.uint8) for value in (0, 255))
    >>> change(colour_histogram(black), colour_histogram(white))
    1.0
    """
    return round(1.0 - float(np.minimum(before, after).sum()), 6)
