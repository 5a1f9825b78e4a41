"""What the memory needs of a frame: a vector, a place and the pixels of every superpixel."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.propagation.superpixel_memory.refines import Refines


@dataclass(frozen=True)
class EncodedFrame:
    """One frame, all of it on one device.

    Attributes
    ----------
    superfeatures : Float[Tensor, "R S"]
        Unit vectors; the memory expects cosines in 0..1.
    centres : Float[Tensor, "R 2"]
        Mean row and column of every superpixel, in 0..1.
    superpixels : Int64[Tensor, "H W"]
        Labels 0..R-1.
    view : object
        What a refinement needs of the frame; None if there is none.
    """

    superfeatures: Float[Tensor, "R S"]
    centres: Float[Tensor, "R 2"]
    superpixels: Int64[Tensor, "H W"]
    view: Any = None


@runtime_checkable
class SuperpixelFeatures(Protocol):
    """A network, or anything else, that describes every superpixel of a frame by a vector."""

    @property
    def device(self) -> torch.device:
        """Where its results are."""

    def encode(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: Int64[np.ndarray, "H W"]
    ) -> EncodedFrame:
        """Return what the memory needs of an RGB frame, given its superpixels 0..R-1, none missing."""

    def refiner(self) -> Refines | None:
        """Return what refines the masks of a new video; None if coarse masks are final."""
