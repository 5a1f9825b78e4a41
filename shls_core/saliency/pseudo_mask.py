"""Pseudo-masks: the objects that a saliency map suggests."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.saliency.config import SaliencyConfig

MAX_OBJECTS = 254
"""Most objects in a pseudo-mask: 255 means "not annotated" in DAVIS files."""


def pseudo_mask(saliency_map: UInt8[np.ndarray, "H W"], config: SaliencyConfig) -> UInt8[np.ndarray, "H W"]:
    """Separate a saliency map into background and objects.

    Pixels above Otsu's threshold are foreground. An opening takes off the frayed border; what is left falls
    apart into 4-connected components, and small ones are dropped.

    Parameters
    ----------
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255, of any detector.
    config : SaliencyConfig
        Radius of the opening and smallest component.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 background, 1..K objects from the largest to the smallest; of equal ones, the one whose first
        pixel comes first in reading order. At most the `MAX_OBJECTS` largest. A constant map has no objects.

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


@dataclass(frozen=True)
class PseudoMaskStatistics:
    """Figures of one pseudo-mask: the share of the image that is foreground, and the number of components."""

    mask_share: float
    num_components: int


def pseudo_mask_statistics(mask: UInt8[np.ndarray, "H W"]) -> PseudoMaskStatistics:
    """Measure a pseudo-mask whose labels are 0..K.

    Examples
    --------
    >>> pseudo_mask_statistics(np.array([[0, 1], [2, 0]], np.uint8))
    PseudoMaskStatistics(mask_share=0.5, num_components=2)
    """
    return PseudoMaskStatistics(mask_share=float(np.mean(mask > 0)), num_components=int(mask.max()))


def _ordered_components(foreground: UInt8[np.ndarray, "H W"], min_share: float) -> UInt8[np.ndarray, "H W"]:
    """Label the components that are large enough by decreasing area."""
    num_labels, components = cv2.connectedComponents(foreground, connectivity=4)
    # Components are numbered in reading order, and a stable sort leaves equal ones in it.
    areas = np.bincount(components.ravel(), minlength=num_labels)[1:]
    by_area = np.argsort(-areas, kind="stable")
    kept = by_area[areas[by_area] >= min_share * foreground.size][:MAX_OBJECTS]
    new_labels = np.zeros(num_labels, np.uint8)
    new_labels[kept + 1] = np.arange(1, len(kept) + 1)
    labelled: UInt8[np.ndarray, "H W"] = new_labels[components]
    return labelled
