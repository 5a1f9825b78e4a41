"""SLIC by scikit-image: the best-known implementation, for comparison."""

import numpy as np
from jaxtyping import Int64, UInt8, UInt16

from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.regions import connected_regions


def skimage_slic_labels(
    frame: UInt8[np.ndarray, "H W 3"], config: SuperpixelConfig
) -> UInt16[np.ndarray, "H W"]:
    """Divide a frame into about `num_superpixels` superpixels; see `superpixel_map`.

    scikit-image stretches the frame's values to 0..1 before it turns them into Lab, so that a dark frame is
    divided like a bright one of the same contrast.

    References
    ----------
    .. [1] R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", TPAMI
       34 (11), 2012, doi:10.1109/TPAMI.2012.120
    """
    # Imported here: fast-slic needs none of it.
    from skimage.segmentation import slic

    labels: Int64[np.ndarray, "H W"] = slic(
        frame,
        n_segments=min(config.num_superpixels, frame.shape[0] * frame.shape[1]),
        compactness=config.compactness,
        sigma=config.sigma,
        min_size_factor=config.min_size,
        convert2lab=True,
        enforce_connectivity=True,
        start_label=0,
    )
    # Its connectivity pass assigns a small region without an earlier neighbour to superpixel 0, wherever
    # superpixel 0 lies.
    return connected_regions(labels)
