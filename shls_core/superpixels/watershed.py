"""Compact watershed: as many superpixels as the frame has places of even colour."""

import cv2
import numpy as np
from jaxtyping import Int32, UInt8, UInt16

from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.regions import connected_regions

# Heights are integers, hundredths of a Lab unit per px: the last bits of a float have no effect.
_STEPS_PER_LAB = 100
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def watershed_labels(
    frame: UInt8[np.ndarray, "H W 3"], config: SuperpixelConfig
) -> UInt16[np.ndarray, "H W"]:
    """Divide a frame into the basins of its colour gradient; see `superpixel_map`.

    Basins shallower than `basin_depth` are not superpixels: their pixels go to the deep basin that floods
    them first. `basin_compactness` adds a cost of distance to flooding [2].

    References
    ----------
    .. [1] S. Beucher, F. Meyer, "The morphological approach to segmentation: the watershed transformation",
       in: Mathematical Morphology in Image Processing, 1993
    .. [2] P. Neubert, P. Protzel, "Compact watershed and preemptive SLIC", ICPR 2014,
       doi:10.1109/ICPR.2014.181
    """
    # Imported here: SLIC needs none of it.
    from skimage.measure import label
    from skimage.morphology import local_minima, reconstruction
    from skimage.segmentation import watershed

    heights = _gradient(frame, config.sigma)
    depth = round(config.basin_depth * _STEPS_PER_LAB)
    filled = heights
    if depth:
        filled = reconstruction(heights + depth, heights, method="erosion", footprint=_CROSS).astype(np.int32)
    markers = label(local_minima(filled, connectivity=1), connectivity=1)
    compactness = config.basin_compactness * _STEPS_PER_LAB
    labels = watershed(heights if compactness else filled, markers, connectivity=1, compactness=compactness)
    return connected_regions(labels)


def _gradient(frame: UInt8[np.ndarray, "H W 3"], sigma: float) -> Int32[np.ndarray, "H W"]:
    """Return the length of the colour gradient of a blurred frame, in hundredths of a Lab unit per px."""
    # Blurred in 8 bits, whose arithmetic is the same on every machine.
    if sigma > 0:
        frame = cv2.GaussianBlur(frame, (0, 0), sigma)
    lab = cv2.cvtColor(frame.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    # Sobel's weights add up to eight times the slope.
    across, down = (cv2.Sobel(lab, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    length = np.sqrt((np.square(across) + np.square(down)).sum(axis=2))
    heights: Int32[np.ndarray, "H W"] = np.rint(_STEPS_PER_LAB * length).astype(np.int32)
    return heights
