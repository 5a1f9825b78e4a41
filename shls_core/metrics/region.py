"""Region similarity J of one object in one frame."""

import numpy as np
from jaxtyping import Bool


def region_similarity(result: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return J, the intersection over union of a result and its annotation.

    Parameters
    ----------
    result : Bool[np.ndarray, "H W"]
        Pixels given to the object.
    truth : Bool[np.ndarray, "H W"]
        Pixels annotated as the object.

    Returns
    -------
    float
        J in 0..1; 1 when both masks are empty.

    References
    ----------
    Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
    CVPR 2016, https://doi.org/10.1109/CVPR.2016.85

    Examples
    --------
    >>> truth = np.array([[True, True, False, False]])
    >>> region_similarity(np.array([[False, True, True, False]]), truth)
    0.3333333333333333
    """
    num_union = int(np.count_nonzero(result | truth))
    num_common = int(np.count_nonzero(result & truth))
    return num_common / num_union if num_union else 1.0
