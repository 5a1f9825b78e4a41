"""How well superpixels fit a human segmentation: boundary recall, under-segmentation error, best accuracy.

Shapes: superpixel maps and segmentations (H, W); R superpixels, S segments.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Int64, Integer

BOUNDARY_TOLERANCE_PX = 2
"""Distance within which a boundary counts as found, as in Neubert and Protzel's benchmark."""


def label_boundary(labels: Integer[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Mark the pixels whose right or lower neighbour has another label; the image border does not count.

    Examples
    --------
    >>> label_boundary(np.array([[0, 0, 1], [0, 0, 1]])).astype(int)
    array([[0, 1, 0],
           [0, 1, 0]])
    """
    boundary = np.zeros(labels.shape, np.bool_)
    boundary[:, :-1] = labels[:, :-1] != labels[:, 1:]
    boundary[:-1] |= labels[:-1] != labels[1:]
    return boundary


def boundary_recall(
    superpixels: Integer[np.ndarray, "H W"],
    segments: Integer[np.ndarray, "H W"],
    tolerance_px: int = BOUNDARY_TOLERANCE_PX,
) -> float:
    """Return the share of the segmentation's boundary pixels that have a superpixel boundary nearby.

    Parameters
    ----------
    superpixels, segments : ndarray of integers, shape (H, W)
        The superpixel map, and the segmentation it is compared with.
    tolerance_px : int
        "Nearby" means at most this many rows and columns away: a square window.

    Returns
    -------
    float
        0..1; 1 for a segmentation without boundaries.

    References
    ----------
    .. [1] P. Neubert, P. Protzel, "Superpixel benchmark and comparison", Forum Bildverarbeitung 2012

    Examples
    --------
    >>> segments = np.repeat([[0, 0, 0, 0, 1, 1, 1, 1]], 4, axis=0)
    >>> boundary_recall(np.roll(segments, 2, axis=1) * 0, segments)
    0.0
    >>> boundary_recall(np.repeat([[0, 0, 1, 1, 1, 1, 1, 1]], 4, axis=0), segments)
    1.0
    """
    wanted = label_boundary(segments)
    num_wanted = np.count_nonzero(wanted)
    if num_wanted == 0:
        return 1.0
    window = np.ones((2 * tolerance_px + 1, 2 * tolerance_px + 1), np.uint8)
    nearby = cv2.dilate(label_boundary(superpixels).view(np.uint8), window).view(np.bool_)
    return float(np.count_nonzero(wanted & nearby) / num_wanted)


def overlap_counts(
    superpixels: Integer[np.ndarray, "H W"], segments: Integer[np.ndarray, "H W"]
) -> Int64[np.ndarray, "R S"]:
    """Return how many pixels every superpixel shares with every segment; labels start at 0.

    Examples
    --------
    >>> overlap_counts(np.array([[0, 0, 1]]), np.array([[0, 1, 1]]))
    array([[1, 1],
           [0, 1]])
    """
    num_superpixels, num_segments = int(superpixels.max()) + 1, int(segments.max()) + 1
    pairs = superpixels.astype(np.int64) * num_segments + segments
    counts = np.bincount(pairs.ravel(), minlength=num_superpixels * num_segments)
    return counts.reshape(num_superpixels, num_segments)


def undersegmentation_error(
    superpixels: Integer[np.ndarray, "H W"], segments: Integer[np.ndarray, "H W"]
) -> float:
    """Return how far superpixels extend across the outlines of segments, as a share of the image.

    The definition without a free parameter [1]: a superpixel that crosses a segment's outline costs the
    smaller of its two parts, inside and outside. The costs are summed over superpixels and segments, and
    divided by the pixels of the image. The error is 0 if every superpixel lies in one segment; a pixel on the
    wrong side counts twice, once for each of the two segments.

    Parameters
    ----------
    superpixels, segments : ndarray of integers, shape (H, W)
        The superpixel map, and the segmentation it is compared with; labels from 0.

    References
    ----------
    .. [1] P. Neubert, P. Protzel, "Superpixel benchmark and comparison", Forum Bildverarbeitung 2012

    Examples
    --------
    >>> undersegmentation_error(np.array([[0, 0, 0, 0]]), np.array([[0, 0, 0, 1]]))
    0.5
    """
    inside = overlap_counts(superpixels, segments)
    outside = inside.sum(axis=1, keepdims=True) - inside
    return float(np.minimum(inside, outside).sum() / superpixels.size)


def achievable_segmentation_accuracy(
    superpixels: Integer[np.ndarray, "H W"], segments: Integer[np.ndarray, "H W"]
) -> float:
    """Return the share of pixels that are right when every superpixel takes its most frequent segment [1].

    No segmentation made of these superpixels can do better.

    Parameters
    ----------
    superpixels, segments : ndarray of integers, shape (H, W)
        The superpixel map, and the segmentation it is compared with; labels from 0.

    References
    ----------
    .. [1] M.-Y. Liu et al., "Entropy rate superpixel segmentation", CVPR 2011,
       doi:10.1109/CVPR.2011.5995323

    Examples
    --------
    >>> achievable_segmentation_accuracy(np.array([[0, 0, 0, 0]]), np.array([[0, 0, 0, 1]]))
    0.75
    """
    return float(overlap_counts(superpixels, segments).max(axis=1).sum() / superpixels.size)
