"""The most salient object of a frame: a first mask that nobody has to draw."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.detector import load_detector
from shls_core.saliency.foreground import foreground
from shls_core.saliency.pseudo_mask import mask_confidence

LEAST_SHARE, MOST_SHARE = 0.003, 0.7
"""Shares of the frame outside which what stands out is a speck, or the scene itself."""


@dataclass(frozen=True)
class SalientObject:
    """The most salient object of a frame.

    Attributes
    ----------
    mask : ndarray of uint8, shape (H, W)
        0 background, 1 the object: one 4-connected region.
    confidence : float
        0..1: how clearly the saliency map separates the object from the rest; see `mask_confidence`.
    share : float
        Share of the frame that the object takes, 0..1.
    """

    mask: UInt8[np.ndarray, "H W"]
    confidence: float
    share: float


def most_salient_object(
    frame: UInt8[np.ndarray, "H W 3"], config: SaliencyConfig | None = None
) -> SalientObject:
    """Return the object of an RGB frame that holds most of the saliency.

    The objects are those of the pseudo-mask; the one whose saliency has the largest sum is taken.

    Parameters
    ----------
    frame : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    config : SaliencyConfig or None
        How saliency is computed and thresholded, without a file: ``rbd``. None: every default.

    Raises
    ------
    InputError
        If nothing stands out: no object, a confidence below `config.min_confidence`, or a share of the frame
        below `LEAST_SHARE` or above `MOST_SHARE`.
    MissingComponent
        If the package fast-slic is not installed.

    Examples
    --------
    >>> frame = np.full((60, 80, 3), (40, 90, 40), np.uint8)
    >>> frame[20:40, 30:50] = (200, 30, 30)
    >>> found = most_salient_object(frame)
    >>> int(found.mask[30, 40]), int(found.mask[5, 5]), round(found.share, 2)
    (1, 0, 0.08)
    """
    chosen = config or SaliencyConfig()
    detected = load_detector(chosen)(frame)
    objects = foreground(frame, detected, chosen).mask
    if not objects.any():
        raise InputError("expected an object that stands out, found none")
    saliency = np.bincount(objects.ravel(), weights=detected.ravel())
    mask = (objects == 1 + int(np.argmax(saliency[1:]))).astype(np.uint8)
    found = SalientObject(mask, mask_confidence(detected, mask), float(mask.mean()))
    if not LEAST_SHARE <= found.share <= MOST_SHARE:
        raise InputError(
            f"expected an object that takes {LEAST_SHARE:.1%} to {MOST_SHARE:.0%} of the frame, "
            f"the most salient one takes {found.share:.1%}"
        )
    if found.confidence < chosen.min_confidence:
        raise InputError(
            f"expected an object that stands out with a confidence of at least {chosen.min_confidence:.2f}, "
            f"the most salient one has {found.confidence:.2f}"
        )
    return found
