"""Regions of equal labels, numbered like every superpixel map."""

import numpy as np
from jaxtyping import Integer, UInt16

from shls_core.errors import SampleError

_MOST_LABELS = 1 << 16


def connected_regions(labels: Integer[np.ndarray, "H W"]) -> UInt16[np.ndarray, "H W"]:
    """Give every 4-connected region of equal labels a number 0..R-1 of its own, row by row.

    Raises
    ------
    SampleError
        If there are more regions than 16 bits can number.

    Examples
    --------
    >>> connected_regions(np.array([[5, 5, 2], [2, 5, 5]]))
    array([[0, 0, 1],
           [2, 0, 0]], dtype=uint16)
    """
    from skimage.measure import label

    regions, num_regions = label(labels, background=-1, return_num=True, connectivity=1)
    if num_regions > _MOST_LABELS:
        raise SampleError(f"expected at most {_MOST_LABELS} superpixels in a frame, got {num_regions}")
    numbered: UInt16[np.ndarray, "H W"] = (regions - 1).astype(np.uint16)
    return numbered
