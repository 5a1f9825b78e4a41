"""Boundary accuracy F of one object in one frame."""

import math

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

# Share of the image diagonal by which a boundary pixel may be off.
_TOLERANCE = 0.008


def boundary_map(mask: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Mark the pixels that differ from their right, lower or lower-right neighbour.

    The border of the image is no boundary: pixels of the last row are compared only with the right neighbour,
    those of the last column only with the lower one, and the lower right corner is never marked. So an empty
    mask and a full one have an empty boundary.

    Parameters
    ----------
    mask : Bool[np.ndarray, "H W"]
        Pixels of the object.

    Returns
    -------
    Bool[np.ndarray, "H W"]
        The boundary, one pixel wide, on the upper left side of each change.

    Examples
    --------
    >>> mask = np.zeros((3, 4), bool)
    >>> mask[1, 2] = True
    >>> boundary_map(mask).astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    """
    boundary = np.zeros_like(mask)
    boundary[:, :-1] = mask[:, :-1] ^ mask[:, 1:]
    boundary[:-1] |= mask[:-1] ^ mask[1:]
    boundary[:-1, :-1] |= mask[:-1, :-1] ^ mask[1:, 1:]
    return boundary


def boundary_tolerance_px(height: int, width: int) -> int:
    """Return the distance within which two boundary pixels match, in pixels.

    Parameters
    ----------
    height, width : int
        Size of the whole frame in pixels.

    Returns
    -------
    int
        0.8 % of the diagonal, rounded up.

    Examples
    --------
    >>> boundary_tolerance_px(480, 854)
    8
    """
    return math.ceil(_TOLERANCE * math.sqrt(height**2 + width**2))


def boundary_accuracy(result: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return F, the harmonic mean of boundary precision and boundary recall.

    Precision is the share of the result's boundary pixels that lie within the tolerance of an annotated
    one, recall the reverse.

    Parameters
    ----------
    result : Bool[np.ndarray, "H W"]
        Pixels given to the object.
    truth : Bool[np.ndarray, "H W"]
        Pixels annotated as the object.

    Returns
    -------
    float
        F in 0..1. 1 if neither mask has a boundary; 0 if only one has, or if nothing matches. A mask that
        fills the frame has no boundary and counts as an empty one does, as in the official evaluation.

    References
    ----------
    Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
    CVPR 2016, https://doi.org/10.1109/CVPR.2016.85

    Examples
    --------
    >>> truth = np.zeros((480, 854), bool)
    >>> truth[100:200, 300:400] = True
    >>> boundary_accuracy(np.roll(truth, 8, axis=1), truth)
    1.0
    """
    height, width = truth.shape
    box = _box_around(result | truth)
    result_boundary = boundary_map(result[box])
    truth_boundary = boundary_map(truth[box])
    num_result = _count(result_boundary)
    num_truth = _count(truth_boundary)
    if num_result == 0 or num_truth == 0:
        # No result: precision 1, recall 0. No annotation: the reverse. Neither: both 1.
        return 1.0 if num_result == num_truth else 0.0

    disk = _disk(boundary_tolerance_px(height, width))
    precision = _count(result_boundary & _dilate(truth_boundary, disk)) / num_result
    recall = _count(truth_boundary & _dilate(result_boundary, disk)) / num_truth
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def _box_around(mask: Bool[np.ndarray, "H W"]) -> tuple[slice, slice]:
    """Return the box of the mask, one pixel larger on every side, inside the frame.

    One pixel is enough for F to be the same as on the whole frame: the box holds every boundary pixel, and a
    dilated boundary matters only at the pixels of the other boundary.
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(top - 1, 0), top + height + 1)
    columns = slice(max(left - 1, 0), left + width + 1)
    return rows, columns


def _count(mask: Bool[np.ndarray, "H W"]) -> int:
    return int(np.count_nonzero(mask))


def _disk(radius_px: int) -> UInt8[np.ndarray, "_ _"]:
    """Return the pixels at most `radius_px` from the centre of a square of side 2 radius + 1."""
    offset = np.arange(-radius_px, radius_px + 1)
    return (offset[:, None] ** 2 + offset**2 <= radius_px**2).astype(np.uint8)


def _dilate(mask: Bool[np.ndarray, "H W"], element: UInt8[np.ndarray, "_ _"]) -> Bool[np.ndarray, "H W"]:
    """Dilate a mask; pixels outside the image have no effect."""
    return cv2.dilate(mask.view(np.uint8), element).view(np.bool_)
