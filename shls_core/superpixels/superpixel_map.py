"""Superpixel maps: one function for all segmenters."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8, UInt16

from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.slic_fast import fast_slic_labels
from shls_core.superpixels.slic_skimage import skimage_slic_labels
from shls_core.superpixels.watershed import watershed_labels


def superpixel_map(frame: UInt8[np.ndarray, "H W 3"], config: SuperpixelConfig) -> UInt16[np.ndarray, "H W"]:
    """Divide a frame into superpixels.

    Parameters
    ----------
    frame : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    config : SuperpixelConfig
        The segmenter and its settings.

    Returns
    -------
    ndarray of uint16, shape (H, W)
        Labels 0..R-1, all of them present, each one 4-connected region. Equal frames give equal maps.

    Raises
    ------
    MissingComponent
        If the segmenter's package is not installed.
    SampleError
        If the watershed finds more superpixels than 16 bits can number.

    Examples
    --------
    >>> frame = np.zeros((40, 60, 3), np.uint8)
    >>> frame[:, 30:] = 255
    >>> labels = superpixel_map(frame, SuperpixelConfig(num_superpixels=6, sigma=0))
    >>> bool(np.intersect1d(labels[:, :30], labels[:, 30:]).size == 0)
    True
    """
    match config.segmenter:
        case "fast-slic":
            return fast_slic_labels(frame, config)
        case "skimage-slic":
            return skimage_slic_labels(frame, config)
        case "watershed":
            return watershed_labels(frame, config)


@dataclass(frozen=True)
class SuperpixelStatistics:
    """Figures of one superpixel map: the number of regions, the smallest and the mean size in px."""

    num_superpixels: int
    smallest_px: int
    mean_px: float


def superpixel_statistics(superpixels: UInt16[np.ndarray, "H W"]) -> SuperpixelStatistics:
    """Count and measure the regions of a superpixel map whose labels are 0..R-1.

    Examples
    --------
    >>> superpixel_statistics(np.array([[0, 0, 1], [0, 0, 1]], np.uint16))
    SuperpixelStatistics(num_superpixels=2, smallest_px=2, mean_px=3.0)
    """
    sizes = np.bincount(superpixels.ravel())
    return SuperpixelStatistics(len(sizes), int(sizes.min()), float(sizes.mean()))
