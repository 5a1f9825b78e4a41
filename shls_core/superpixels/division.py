"""Divides the frames of real videos, of any size, into superpixels."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8, UInt16

from shls_core.errors import InputError
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

Divide = Callable[[UInt8[np.ndarray, "H W 3"]], UInt16[np.ndarray, "H W"]]
"""Takes an RGB frame; returns its superpixels, labels 0..R-1."""

# 4,000 superpixels at 480p are best in the paper's ablation; other sizes get superpixels of the same area.
_PIXELS_PER_SUPERPIXEL = 480 * 854 / 4000
_FEWEST, _MOST = 100, 32_767


def division(config: SuperpixelConfig | None = None, num_superpixels: int | None = None) -> Divide:
    """Return the function that divides frames.

    Parameters
    ----------
    config : SuperpixelConfig or None
        Segmenter and settings; its own `num_superpixels` is ignored. None: every default.
    num_superpixels : int or None
        Superpixels of a frame of any size; None: one per about 100 px, 4,000 at 854x480. The watershed finds
        as many as the frame has, and takes no number.

    Raises
    ------
    InputError
        If there is a number for a segmenter that takes none.
    """
    chosen = config or SuperpixelConfig()
    if chosen.is_adaptive and num_superpixels is not None:
        raise InputError(
            f"expected no number of superpixels with {chosen.segmenter}, which finds as many as a frame "
            f"has, got {num_superpixels}"
        )

    def divide(frame: UInt8[np.ndarray, "H W 3"]) -> UInt16[np.ndarray, "H W"]:
        number = num_superpixels or _usual_number(frame.shape[0] * frame.shape[1])
        return superpixel_map(frame, chosen.model_copy(update={"num_superpixels": number}))

    return divide


def _usual_number(num_pixels: int) -> int:
    return min(max(round(num_pixels / _PIXELS_PER_SUPERPIXEL), _FEWEST), _MOST)
