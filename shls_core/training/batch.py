"""A batch of sequences, as a loader passes it to training."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8, UInt16


@dataclass(frozen=True)
class TrainingBatch:
    """Sequences of equal length and size, with the columns that the method reads.

    Attributes
    ----------
    frames : UInt8[numpy.ndarray, "B T H W 3"]
        RGB.
    superpixel_maps : UInt16[numpy.ndarray, "B T H W"] or None
        Labels 0..R-1 in every frame, none missing; R may differ between frames.
    masks : UInt8[numpy.ndarray, "B T H W"] or None
        0 background, 1..K objects.
    warps : Float64[numpy.ndarray, "B T K+1 3 3"] or None
        From the unit square of each label's layer to pixels (x, y) of the frame; not a number for labels that
        a sequence does not have.
    """

    frames: UInt8[np.ndarray, "B T H W 3"]
    superpixel_maps: UInt16[np.ndarray, "B T H W"] | None = None
    masks: UInt8[np.ndarray, "B T H W"] | None = None
    warps: Float64[np.ndarray, "B T K 3 3"] | None = None

    def __post_init__(self) -> None:
        shape = self.frames.shape[:-1]
        assert self.superpixel_maps is None or self.superpixel_maps.shape == shape
        assert self.masks is None or self.masks.shape == shape
