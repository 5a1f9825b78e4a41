"""Which object a superpixel belongs to, and superpixels that belong to one object only."""

import numpy as np
from jaxtyping import Int64, UInt8, UInt16

from shls_core.errors import InputError

SuperpixelMap = UInt16[np.ndarray, "H W"] | Int64[np.ndarray, "H W"]


def superpixel_labels(
    superpixel_map: SuperpixelMap, mask: UInt8[np.ndarray, "H W"], num_superpixels: int
) -> Int64[np.ndarray, " R"]:
    """Return for every superpixel the object it overlaps most.

    Parameters
    ----------
    superpixel_map : UInt16 or Int64[numpy.ndarray, "H W"]
        Labels 0..R-1.
    mask : UInt8[numpy.ndarray, "H W"]
        0 background, 1..K objects.
    num_superpixels : int
        R.

    Returns
    -------
    Int64[numpy.ndarray, "R"]
        Labels 0..K; of equal overlaps the lowest label wins, so the background comes first.

    Raises
    ------
    InputError
        If a label is R or more.
    """
    num_labels = int(mask.max()) + 1
    pairs = superpixel_map.astype(np.int64) * num_labels + mask
    overlaps = np.bincount(pairs.ravel(), minlength=num_superpixels * num_labels)
    if len(overlaps) > num_superpixels * num_labels:
        raise InputError(
            f"expected superpixel labels 0..{num_superpixels - 1}, got {int(superpixel_map.max())}"
        )
    labels: Int64[np.ndarray, " R"] = overlaps.reshape(num_superpixels, num_labels).argmax(axis=1)
    return labels


def split_along_mask(
    superpixel_map: SuperpixelMap, mask: UInt8[np.ndarray, "H W"]
) -> tuple[Int64[np.ndarray, "H W"], Int64[np.ndarray, " R"]]:
    """Cut superpixels along the borders of a mask, so that each lies in one object.

    Parameters
    ----------
    superpixel_map : UInt16 or Int64[numpy.ndarray, "H W"]
        Labels 0..R-1.
    mask : UInt8[numpy.ndarray, "H W"]
        0 background, 1..K objects.

    Returns
    -------
    superpixel_map : Int64[numpy.ndarray, "H W"]
        One label for every pair of superpixel and object that occurs, 0..R'-1, R' >= R.
    labels : Int64[numpy.ndarray, "R'"]
        Object of each of them.

    Examples
    --------
    >>> superpixels = np.array([[0, 0, 1, 1]], dtype=np.uint16)
    >>> mask = np.array([[0, 2, 2, 2]], dtype=np.uint8)
    >>> split_along_mask(superpixels, mask)
    (array([[0, 1, 2, 2]]), array([0, 2, 2]))
    """
    num_labels = int(mask.max()) + 1
    pairs, split = np.unique(superpixel_map.astype(np.int64) * num_labels + mask, return_inverse=True)
    return split.reshape(mask.shape), pairs % num_labels
