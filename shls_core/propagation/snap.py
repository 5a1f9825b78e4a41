"""Masks with the borders of superpixels."""

import numpy as np
from jaxtyping import Float, Float32, UInt16


def superpixel_means(
    values: Float32[np.ndarray, "H W"], superpixel_map: UInt16[np.ndarray, "H W"]
) -> Float[np.ndarray, " R"]:
    """Return the mean value of the pixels of every superpixel.

    Parameters
    ----------
    values
        For example the share of one label at every pixel.
    superpixel_map
        Labels 0..R-1; a missing label has the mean 0.

    Examples
    --------
    >>> superpixel_means(np.float32([[0, 1, 1]]), np.uint16([[0, 0, 1]])).tolist()
    [0.5, 1.0]
    """
    places = superpixel_map.ravel()
    sums: Float[np.ndarray, " R"] = np.bincount(places, weights=values.ravel())
    means: Float[np.ndarray, " R"] = sums / np.bincount(places).clip(min=1)
    return means
