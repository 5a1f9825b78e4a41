"""A filter of coarse masks: an object stays near its last place."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

SMALLEST_OVERLAP = 0.05
"""Share of the object's last mask that a component must overlap."""


def filter_outliers(
    mask: UInt8[np.ndarray, "H W"], last_mask: UInt8[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W"]:
    """Keep the parts of every object that overlap its last mask, and what lies between them.

    4-connected components that overlap more than 5 % of the object's last mask are kept, and so are other
    parts of the object in the convex hull around them; the rest becomes background. An object is kept as a
    whole if it had no last mask or if nothing of it would remain, because it may reappear anywhere.

    Parameters
    ----------
    mask, last_mask : UInt8[numpy.ndarray, "H W"]
        0 background, 1..K objects.

    Returns
    -------
    UInt8[numpy.ndarray, "H W"]
        A new mask.

    Examples
    --------
    >>> last = np.array([[2, 2, 0, 0, 0]], dtype=np.uint8)
    >>> filter_outliers(np.array([[0, 2, 2, 0, 2]], dtype=np.uint8), last)
    array([[0, 2, 2, 0, 0]], dtype=uint8)
    """
    filtered = mask.copy()
    for label in np.setdiff1d(mask, 0):
        seen = mask == label
        kept = _kept(seen, last_mask == label)
        if kept.any():
            filtered[seen & ~_convex_hull(kept)] = 0
    return filtered


def _kept(seen: Bool[np.ndarray, "H W"], last: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    count, components = cv2.connectedComponents(seen.astype(np.uint8), connectivity=4)
    overlaps = np.bincount(components[last], minlength=count)
    keep = overlaps > SMALLEST_OVERLAP * np.count_nonzero(last)
    keep[0] = False  # component 0 is everything outside the object
    kept: Bool[np.ndarray, "H W"] = keep[components]
    return kept


def _convex_hull(region: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    hull = cv2.convexHull(cv2.findNonZero(region.astype(np.uint8)))
    filled = np.zeros(region.shape, dtype=np.uint8)
    cv2.fillConvexPoly(filled, hull, 1)
    inside: Bool[np.ndarray, "H W"] = filled.astype(bool)
    return inside
