"""A sequence whose every mask is known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8, UInt16


@dataclass(frozen=True)
class LabelledSequence:
    """A pseudo-sequence with its superpixel maps, decoded.

    Attributes
    ----------
    sample_id : str
        Its id in the dataset.
    frames : UInt8[numpy.ndarray, "T H W 3"]
        RGB.
    masks : UInt8[numpy.ndarray, "T H W"]
        0 background, 1..K objects.
    superpixel_maps : UInt16[numpy.ndarray, "T H W"]
        Labels 0..R-1 in every frame.
    """

    sample_id: str
    frames: UInt8[np.ndarray, "T H W 3"]
    masks: UInt8[np.ndarray, "T H W"]
    superpixel_maps: UInt16[np.ndarray, "T H W"]
