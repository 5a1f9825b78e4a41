"""From a detector's map to the stored results: a sharper map, the pseudo-mask, and its confidence."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.pseudo_mask import mask_confidence, pseudo_mask
from shls_core.saliency.sharpening import sharpened


@dataclass(frozen=True)
class Foreground:
    """The foreground of a still image.

    Attributes
    ----------
    saliency_map : ndarray of uint8, shape (H, W)
        0..1 as 0..255, aligned with the edges of the image.
    mask : ndarray of uint8, shape (H, W)
        The pseudo-mask: 0 background, 1..K objects.
    confidence : float
        0..1; it depends on this image alone.
    """

    saliency_map: UInt8[np.ndarray, "H W"]
    mask: UInt8[np.ndarray, "H W"]
    confidence: float


def foreground(
    image: UInt8[np.ndarray, "H W 3"], detected: UInt8[np.ndarray, "H W"], config: SaliencyConfig
) -> Foreground:
    """Sharpen a detector's map of an RGB image, and derive the pseudo-mask.

    Examples
    --------
    >>> image = np.full((60, 80, 3), (40, 90, 40), np.uint8)
    >>> image[20:40, 30:50] = (200, 30, 30)
    >>> found = foreground(image, (image[..., 0] > 100) * np.uint8(255), SaliencyConfig())
    >>> int(found.mask[30, 40]), found.confidence > 0.9
    (1, True)
    """
    saliency_map = sharpened(image, detected, config.sharpening)
    mask = pseudo_mask(saliency_map, config)
    # Confidence by the detector's own map: the sharper one agrees with the mask by construction.
    return Foreground(saliency_map, mask, mask_confidence(detected, mask))
