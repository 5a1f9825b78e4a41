"""SLIC by fast-slic, the fastest on one core."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Int16, UInt8, UInt16

from shls_core.errors import MissingComponent
from shls_core.superpixels.config import SuperpixelConfig


def fast_slic_labels(
    frame: UInt8[np.ndarray, "H W 3"], config: SuperpixelConfig
) -> UInt16[np.ndarray, "H W"]:
    """Divide a frame into about `num_superpixels` superpixels, never more; see `superpixel_map`.

    Raises
    ------
    MissingComponent
        If the package fast-slic is not installed.

    References
    ----------
    .. [1] R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", TPAMI
       34 (11), 2012, doi:10.1109/TPAMI.2012.120
    """
    # A new object for every frame: a used one starts from its last clusters and labels differently.
    slic = _slic_class()(
        num_components=min(config.num_superpixels, frame.shape[0] * frame.shape[1]),
        compactness=config.compactness,
        min_size_factor=config.min_size,
        num_threads=1,
    )
    if config.sigma > 0:
        frame = cv2.GaussianBlur(frame, (0, 0), config.sigma)
    return _relabelled(slic.iterate(np.ascontiguousarray(frame)))


def _relabelled(labels: Int16[np.ndarray, "H W"]) -> UInt16[np.ndarray, "H W"]:
    """Number the labels 0..R-1 in their order; fast-slic 0.4 does so itself, but does not guarantee it."""
    assert labels.min() >= 0, "fast-slic left pixels without a superpixel"
    present = np.bincount(labels.ravel()) > 0
    if present.all():
        return labels.astype(np.uint16)
    dense: UInt16[np.ndarray, "H W"] = (np.cumsum(present) - 1).astype(np.uint16)[labels]
    return dense


@cache
def _slic_class() -> Any:
    """Return fast-slic's fastest class that runs here; both give the same labels."""
    try:
        from fast_slic import Slic
    except ImportError as error:
        raise MissingComponent(
            "expected the package fast-slic, which makes the superpixels, got none; install it with: "
            'pip install cython numpy "setuptools<75" && '
            "pip install --no-build-isolation fast-slic==0.4.0"
        ) from error
    try:
        from fast_slic.avx2 import SlicAvx2
    except ImportError:
        return Slic
    return SlicAvx2
