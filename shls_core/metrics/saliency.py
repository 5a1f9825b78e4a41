"""Scores of saliency maps and pseudo-masks against masks drawn by people."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, UInt8

NUM_LEVELS = 256
BETA_SQUARED = 0.3
"""Weight of precision in the F-measure of salient objects (Achanta et al., CVPR 2009)."""


class PrecisionRecall(NamedTuple):
    """Precision and recall, each 0..1, of a map, if values at or above each level 0..255 are foreground."""

    precision: Float64[np.ndarray, " 256"]
    recall: Float64[np.ndarray, " 256"]


def mean_absolute_error(saliency_map: UInt8[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return the mean difference, 0..1, of a map (0..1 as 0..255) and a mask.

    Examples
    --------
    >>> mean_absolute_error(np.array([[255, 51]], np.uint8), np.array([[True, False]]))
    0.1
    """
    return float(np.where(truth, 255 - saliency_map.astype(np.int64), saliency_map).mean() / 255)


def precision_recall(
    saliency_map: UInt8[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]
) -> PrecisionRecall:
    """Return precision and recall at every level.

    Precision is 1 where no pixel is as bright; recall is 1 if the truth is empty.
    """
    above, hits = (
        np.bincount(values, minlength=NUM_LEVELS)[::-1].cumsum()[::-1]
        for values in (saliency_map.ravel(), saliency_map[truth])
    )
    num_true = int(np.count_nonzero(truth))
    precision = np.divide(hits, above, out=np.ones(NUM_LEVELS), where=above > 0)
    recall = hits / num_true if num_true else np.ones(NUM_LEVELS)
    return PrecisionRecall(precision, recall)


def max_f_measure(curve: PrecisionRecall) -> float:
    """Return the largest F-measure, 0..1, over the levels; for many images, pass their mean curves.

    References
    ----------
    R. Achanta et al., "Frequency-tuned salient region detection", CVPR 2009,
    doi:10.1109/CVPR.2009.5206596
    """
    weighted = BETA_SQUARED * curve.precision + curve.recall
    products = (1 + BETA_SQUARED) * curve.precision * curve.recall
    return float(np.divide(products, weighted, out=np.zeros(NUM_LEVELS), where=weighted > 0).max())


def s_measure(
    saliency_map: UInt8[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"], alpha: float = 0.5
) -> float:
    """Return the structural similarity of a map and a mask, 0..1.

    Parameters
    ----------
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255.
    truth : ndarray of bool, shape (H, W)
        The object.
    alpha : float
        Weight of the object-aware similarity against the region-aware one.

    Returns
    -------
    float
        0..1. If nothing is object: 1 minus the mean of the map; if everything is: its mean.

    References
    ----------
    D.-P. Fan et al., "Structure-measure: a new way to evaluate foreground maps", ICCV 2017,
    doi:10.1109/ICCV.2017.487
    """
    values = saliency_map / 255.0
    share = float(truth.mean())
    if share in (0.0, 1.0):
        return float(values.mean() if share else 1 - values.mean())
    by_object = share * _object_likeness(values[truth]) + (1 - share) * _object_likeness(1 - values[~truth])
    return max(0.0, alpha * by_object + (1 - alpha) * _region_likeness(values, truth))


def centre_prior(height: int, width: int) -> UInt8[np.ndarray, "H W"]:
    """Return the baseline map that only assumes that people point the camera at the object.

    A Gaussian around the centre, its standard deviation a quarter of the image's sides.
    """
    down, across = (
        np.exp(-np.square((np.arange(side) + 0.5) / side - 0.5) / (2 * 0.25**2)) for side in (height, width)
    )
    prior: UInt8[np.ndarray, "H W"] = np.rint(255 * np.outer(down, across)).astype(np.uint8)
    return prior


def _object_likeness(values: Float64[np.ndarray, " N"]) -> float:
    """Return how near to 1, and how uniform, the values of an object are (Fan et al., Eq. 8, lambda 0.5)."""
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean**2 + 1 + spread)


def _region_likeness(values: Float64[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return the structural similarity of the four parts around the object's centre, weighted by area."""
    height, width = truth.shape
    rows, columns = np.nonzero(truth)
    row, column = (int(np.floor(np.mean(places + 1) + 0.5)) for places in (rows, columns))
    total = 0.0
    for part in (
        np.s_[:row, :column],
        np.s_[:row, column:],
        np.s_[row:, :column],
        np.s_[row:, column:],
    ):
        if truth[part].size:
            weight = truth[part].size / (height * width)
            total += weight * _structural_similarity(values[part], truth[part].astype(np.float64))
    return total


def _structural_similarity(values: Float64[np.ndarray, "h w"], truth: Float64[np.ndarray, "h w"]) -> float:
    """Return luminance, contrast and structure in one, without the constants of SSIM (Fan et al., Eq. 3)."""
    mean_value, mean_truth = float(values.mean()), float(truth.mean())
    degrees = max(1, values.size - 1)
    differences, true_differences = values - mean_value, truth - mean_truth
    if values.min() == values.max():  # their rounded mean may differ from the value
        differences = np.zeros_like(values)
    covariance = float((differences * true_differences).sum()) / degrees
    variances = float(np.square(differences).sum() + np.square(true_differences).sum()) / degrees
    numerator = 4 * mean_value * mean_truth * covariance
    denominator = (mean_value**2 + mean_truth**2) * variances
    if denominator == 0:  # both are constant: their structures are equal
        return 1.0
    return numerator / denominator
