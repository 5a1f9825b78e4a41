"""Sharper saliency maps: the colours of the photograph refine a rough map to the pixel."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.saliency.config import SharpeningConfig

_COLOUR_MODEL_SIZE = 65
"""Numbers in OpenCV's colour model: five Gaussians with a weight, three means and nine covariances each."""

_NO_BOX = (0, 0, 0, 0)
"""The box argument, which is not used: the labels contain everything."""


def sharpened(
    image: UInt8[np.ndarray, "H W 3"], saliency_map: UInt8[np.ndarray, "H W"], config: SharpeningConfig
) -> UInt8[np.ndarray, "H W"]:
    """Align a saliency map with the edges of its photograph.

    GrabCut learns the colours of foreground and background from the map and cuts the photograph along its
    edges. The result is the mean of map and cut: it keeps the order of the map on either side of the cut, and
    has a step at the cut.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255, of any detector.
    config : SharpeningConfig
        Working sizes, and the limits of sure foreground and background.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        The sharper map. The map itself if nothing can be learned: it is constant, all of it is foreground or
        all of it background, or `side_px` is 0.

    References
    ----------
    .. [1] C. Rother, V. Kolmogorov, A. Blake, "GrabCut: interactive foreground extraction using iterated
       graph cuts", ACM Trans. Graphics 23 (3), 2004, doi:10.1145/1015706.1015720

    Examples
    --------
    >>> image = np.full((60, 80, 3), (40, 90, 40), np.uint8)
    >>> image[20:40, 30:50] = (200, 30, 30)
    >>> rough = np.zeros((60, 80), np.uint8)
    >>> rough[14:44, 26:52] = 200
    >>> rough[24:36, 34:46] = 255
    >>> sharp = sharpened(image, rough, SharpeningConfig(sure_foreground=0.9))
    >>> bool(sharp[20:40, 30:50].min() > sharp[14:19, 26:52].max())
    True
    """
    if config.side_px == 0 or saliency_map.min() == saliency_map.max():
        return saliency_map
    background, foreground = (np.zeros((1, _COLOUR_MODEL_SIZE)) for _ in range(2))
    # Colours are learned on a thumbnail; the cut is made at a size at which edges are visible.
    for side_px, rounds, mode in (
        (config.learning_side_px, config.iterations, cv2.GC_INIT_WITH_MASK),
        (config.side_px, 1, cv2.GC_EVAL_FREEZE_MODEL),
    ):
        small_image = shrink_to_side(image, side_px)
        height, width = small_image.shape[:2]
        labels = _labels(cv2.resize(saliency_map, (width, height), interpolation=cv2.INTER_AREA), config)
        if (labels & 1).all() or not (labels & 1).any():
            return saliency_map
        cv2.setRNGSeed(0)  # OpenCV's search for colours starts at random
        cv2.grabCut(small_image, labels, _NO_BOX, background, foreground, rounds, mode)
    inside = _enlarged(labels & 1, saliency_map.shape)
    half = saliency_map // 2
    # (map + 255) / 2 inside, map / 2 outside, rounded up.
    mean: UInt8[np.ndarray, "H W"] = np.where(inside, half + np.uint8(128), saliency_map - half)
    return mean


def _labels(saliency_map: UInt8[np.ndarray, "H W"], config: SharpeningConfig) -> UInt8[np.ndarray, "H W"]:
    """Return for every pixel whether it is foreground (an odd label), and whether that is sure."""
    threshold, _ = cv2.threshold(saliency_map, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    surely_foreground = threshold + config.sure_foreground * (255 - threshold)
    labels = np.where(saliency_map > threshold, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    labels[saliency_map <= config.sure_background * threshold] = cv2.GC_BGD
    labels[(saliency_map > threshold) & (saliency_map >= surely_foreground)] = cv2.GC_FGD
    return labels


def _enlarged(inside: UInt8[np.ndarray, "h w"], shape: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """Resize a cut, 0 or 1, to full size; its edge stays sharp, but its corners are rounded."""
    full = cv2.resize(inside * np.uint8(255), shape[::-1], interpolation=cv2.INTER_LINEAR)
    sharp: Bool[np.ndarray, "H W"] = full > 127
    return sharp
