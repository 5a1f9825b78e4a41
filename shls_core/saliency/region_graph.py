"""An image as a graph: one node per superpixel, one edge per pair of neighbours."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float64, Int64, UInt8, UInt16

# Factors from OpenCV's 8-bit Lab, which is bit-equal across its versions, to CIE units (the offsets of a and
# b cancel in differences).
_LAB_UNITS = np.array([100 / 255, 1.0, 1.0])

_MAX_LABELS = 1 << 16


@dataclass(frozen=True)
class RegionGraph:
    """The superpixels of an image and their neighbourhood.

    Attributes
    ----------
    colours : ndarray of float64, shape (R, 3)
        Mean Lab of each superpixel, in CIE units up to a constant offset of a and b.
    centres : ndarray of float64, shape (R, 2)
        Mean (row, column) of each superpixel, in shares of the image's longest side.
    on_border : ndarray of bool, shape (R,)
        Which superpixels touch the border of the image.
    edges : ndarray of int64, shape (E, 2)
        Each pair of 4-neighbouring superpixels once, lower label first, in ascending order.
    """

    colours: Float64[np.ndarray, "R 3"]
    centres: Float64[np.ndarray, "R 2"]
    on_border: Bool[np.ndarray, " R"]
    edges: Int64[np.ndarray, "E 2"]


def region_graph(image: UInt8[np.ndarray, "H W 3"], superpixels: UInt16[np.ndarray, "H W"]) -> RegionGraph:
    """Describe the superpixels of an RGB image, labelled 0..R-1, as a graph."""
    height, width = superpixels.shape
    labels = superpixels.ravel().astype(np.intp)  # bincount would convert them every time
    sizes = np.bincount(labels)

    def superpixel_means(values: npt.NDArray[Any]) -> Float64[np.ndarray, " R"]:
        return np.bincount(labels, weights=values.ravel()) / sizes

    colours = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2LAB))
    positions = np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
    border = np.concatenate([superpixels[0], superpixels[-1], superpixels[:, 0], superpixels[:, -1]])
    return RegionGraph(
        colours=np.stack([superpixel_means(channel) for channel in colours], axis=1) * _LAB_UNITS,
        centres=np.stack([superpixel_means(axis) for axis in positions], axis=1) / max(height, width),
        on_border=np.bincount(border, minlength=len(sizes)) > 0,
        edges=neighbour_pairs(superpixels),
    )


def neighbour_pairs(superpixels: UInt16[np.ndarray, "H W"]) -> Int64[np.ndarray, "E 2"]:
    """Return each pair of different labels that are 4-neighbours somewhere, once and in ascending order.

    Examples
    --------
    >>> neighbour_pairs(np.array([[0, 1], [2, 2]], np.uint16)).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    codes = []
    for first, second in (
        (superpixels[:, :-1], superpixels[:, 1:]),
        (superpixels[:-1], superpixels[1:]),
    ):
        differ = first != second
        one, other = first[differ].astype(np.int64), second[differ].astype(np.int64)
        # With one number per pair, unique sorts plain integers.
        codes.append(np.minimum(one, other) * _MAX_LABELS + np.maximum(one, other))
    return np.stack(np.divmod(np.unique(np.concatenate(codes)), _MAX_LABELS), axis=1)
