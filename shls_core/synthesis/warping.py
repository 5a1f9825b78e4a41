"""Resizing and warping of pixels and labels on one grid, so that masks stay aligned with pixels.

Pixels are interpolated, labels never: each label is that of the nearest source pixel.
"""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.geometry import Matrix
from shls_core.synthesis.recipe import Size


def resize_image(image: UInt8[np.ndarray, "H W 3"], size: Size) -> UInt8[np.ndarray, "h w 3"]:
    """Return an image at (height, width) `size`: area means when it shrinks, bilinear when it grows."""
    height, width = size
    shrinks = height * width < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), dtype=np.uint8)


def resize_labels(labels: UInt8[np.ndarray, "H W"], size: Size) -> UInt8[np.ndarray, "h w"]:
    """Return labels at (height, width) `size`, each from the source pixel its centre falls into."""
    height, width = size
    resized = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized, dtype=np.uint8)


def resize_mask(mask: UInt8[np.ndarray, "H W"], size: Size) -> UInt8[np.ndarray, "h w"]:
    """Return a mask (0 and 1) at (height, width) `size`, with a smooth outline where it grows.

    A pixel is inside when at least half of it is: nearest neighbours would show steps on a component
    that is enlarged.
    """
    height, width = size
    interpolation = cv2.INTER_AREA if height * width < mask.size else cv2.INTER_LINEAR
    resized = cv2.resize(mask * np.uint8(255), (width, height), interpolation=interpolation)
    return (resized >= 128).astype(np.uint8)


def warp_image(
    image: UInt8[np.ndarray, "H W 3"], matrix: Matrix, size: Size, *, mirror: bool
) -> UInt8[np.ndarray, "h w 3"]:
    """Return an image moved by a homography, bilinearly interpolated.

    Parameters
    ----------
    image : UInt8[np.ndarray, "H W 3"]
        The pixels.
    matrix : Float64[np.ndarray, "3 3"]
        From the image to the result.
    size : tuple[int, int]
        Height and width of the result.
    mirror : bool
        What lies outside the image: its mirror image if true, else its outermost pixels repeated.

    Returns
    -------
    UInt8[np.ndarray, "h w 3"]
        The moved image.
    """
    border = cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_REPLICATE
    height, width = size
    warped = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(warped, dtype=np.uint8)


def warp_labels(
    labels: UInt8[np.ndarray, "H W"], matrix: Matrix, size: Size, *, mirror: bool = False
) -> UInt8[np.ndarray, "h w"]:
    """Return labels moved by a homography, each from its nearest source pixel.

    Parameters
    ----------
    labels : UInt8[np.ndarray, "H W"]
        The labels.
    matrix : Float64[np.ndarray, "3 3"]
        From the labels to the result.
    size : tuple[int, int]
        Height and width of the result.
    mirror : bool
        What lies outside the labels: their mirror image if true, else 0.

    Returns
    -------
    UInt8[np.ndarray, "h w"]
        The moved labels.
    """
    border = cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_CONSTANT
    height, width = size
    warped = cv2.warpPerspective(labels, matrix, (width, height), flags=cv2.INTER_NEAREST, borderMode=border)
    return np.asarray(warped, dtype=np.uint8)
