"""A frame of a video."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    name : str
        Stem of the files that belong to it: the image's stem, or the number in the video, from ``00000``, in
        the order of presentation.
    pixels : UInt8[numpy.ndarray, "H W 3"]
        RGB, upright, of the stored size. Of a damaged frame: those of the frame before it (of the next one,
        where there is none before), as players show it.
    seconds : float or None
        When it is shown, from the first frame; None if the source does not say.
    is_damaged : bool
        Whether its own picture could not be decoded.
    """

    name: str
    pixels: UInt8[np.ndarray, "H W 3"]
    seconds: float | None = None
    is_damaged: bool = False
