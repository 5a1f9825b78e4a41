"""Pseudo-masks: the objects derived from a saliency map."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.saliency.config import SaliencyConfig

MAX_OBJECTS = 254
"""Most objects in a pseudo-mask: 255 means "not annotated" in DAVIS files."""


def pseudo_mask(saliency_map: UInt8[np.ndarray, "H W"], config: SaliencyConfig) -> UInt8[np.ndarray, "H W"]:
    """Separate a saliency map into background and objects.

    Pixels above Otsu's threshold are foreground. An opening removes the frayed border. The rest is divided
    into 4-connected components, and small ones are dropped.

    Parameters
    ----------
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255, of any detector.
    config : SaliencyConfig
        Radius of the opening and smallest component.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 background, 1..K objects from the largest to the smallest; on ties, the one whose first pixel comes
        first in reading order. At most the `MAX_OBJECTS` largest. A constant map has no objects.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1), 1979,
       doi:10.1109/TSMC.1979.4310076

    Examples
    --------
    >>> saliency_map = np.zeros((20, 30), np.uint8)
    >>> saliency_map[2:8, 2:8] = 250
    >>> saliency_map[5:15, 15:25] = 200
    >>> mask = pseudo_mask(saliency_map, SaliencyConfig())
    >>> int(mask[10, 20]), int(mask[5, 5]), int(mask[0, 0])
    (1, 2, 0)
    """
    if saliency_map.min() == saliency_map.max():
        return np.zeros_like(saliency_map)
    _, foreground = cv2.threshold(saliency_map, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if config.border_radius_px > 0:
        diameter = 2 * config.border_radius_px + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
        foreground = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, disc)
    return _ordered_components(foreground, config.min_component_share)


def mask_confidence(saliency_map: UInt8[np.ndarray, "H W"], mask: UInt8[np.ndarray, "H W"]) -> float:
    """Return how clearly a saliency map separates the inside of its pseudo-mask from the outside.

    Parameters
    ----------
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255, as its detector returned it.
    mask : ndarray of uint8, shape (H, W)
        0 background, 1..K objects.

    Returns
    -------
    float
        Mean saliency inside minus mean saliency outside, 0..1; 0 if there is no inside or no outside, or if
        the outside is brighter. It depends on this image alone.

    Examples
    --------
    >>> mask_confidence(np.array([[255, 51]], np.uint8), np.array([[1, 0]], np.uint8))
    0.8
    """
    num_inside = cv2.countNonZero(mask)
    if num_inside in (0, mask.size):
        return 0.0
    # Sums of integers do not depend on the order of addition.
    sum_inside = int(np.where(mask > 0, saliency_map, np.uint8(0)).sum(dtype=np.int64))
    sum_outside = int(saliency_map.sum(dtype=np.int64)) - sum_inside
    contrast = sum_inside / num_inside - sum_outside / (mask.size - num_inside)
    return max(0.0, contrast / 255)


def _ordered_components(foreground: UInt8[np.ndarray, "H W"], min_share: float) -> UInt8[np.ndarray, "H W"]:
    """Label the components that are large enough by decreasing area."""
    num_labels, components = cv2.connectedComponents(foreground, connectivity=4)
    # Components are numbered in reading order, and a stable sort keeps this order on ties.
    areas = np.bincount(components.ravel(), minlength=num_labels)[1:]
    by_area = np.argsort(-areas, kind="stable")
    kept = by_area[areas[by_area] >= min_share * foreground.size][:MAX_OBJECTS]
    new_labels = np.zeros(num_labels, np.uint8)
    new_labels[kept + 1] = np.arange(1, len(kept) + 1)
    labelled: UInt8[np.ndarray, "H W"] = new_labels[components]
    return labelled
