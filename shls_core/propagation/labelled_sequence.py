"""A sequence with a known mask for every frame."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class LabelledSequence:
    """A pseudo-sequence, decoded.

    Attributes
    ----------
    sample_id : str
        Its id in the dataset.
    frames : UInt8[numpy.ndarray, "T H W 3"]
        RGB.
    masks : UInt8[numpy.ndarray, "T H W"]
        0 background, 1..K objects.
    stored : Mapping of str to numpy.ndarray
        Other columns that were read, by name; the first axis counts frames. ``superpixel_maps``: uint16
        (T, H, W), labels 0..R-1 in every frame.
    """

    sample_id: str
    frames: UInt8[np.ndarray, "T H W 3"]
    masks: UInt8[np.ndarray, "T H W"]
    stored: Mapping[str, np.ndarray] = field(default_factory=dict)
