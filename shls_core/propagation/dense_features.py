"""What label propagation needs of a network: features of every cell of a frame."""

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


@runtime_checkable
class DenseFeatures(Protocol):
    """A network, or anything else, that describes every cell of a frame by a vector."""

    @property
    def stride(self) -> int:
        """Pixels from one cell to the next."""

    @property
    def device(self) -> torch.device:
        """Where the features are."""

    def encode(self, frame: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "C h w"]:
        """Return the features of an RGB frame, with any number of channels.

        h is H / stride rounded up, w is W / stride rounded up. It may be called in another thread than the
        rest, one frame ahead.
        """
