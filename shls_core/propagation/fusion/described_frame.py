"""A frame with the dense features that are fused with its memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.sparse import csr_array
from torch import Tensor

from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame


@dataclass(frozen=True, kw_only=True)
class DescribedFrame(EncodedFrame):
    """One frame, with dense features of its cells and what they are of each superpixel.

    Attributes
    ----------
    cells : Float[Tensor, "C h w"]
        Dense features.
    stride : int
        Pixels from one cell to the next.
    pooling : scipy.sparse.csr_array of float32, shape (R, h w)
        Averages cells over superpixels; its rows sum to 1.
    descriptors : Float[Tensor, "R D"]
        What a model of the video separates superpixels by; not normalised.
    """

    cells: Float[Tensor, "C h w"]
    stride: int
    pooling: csr_array
    descriptors: Float[Tensor, "R D"]


def pooled(cells: Float[Tensor, "C h w"], pooling: csr_array) -> Float[Tensor, "R C"]:
    """Return the mean of the cells of every superpixel, on their device."""
    values = cells.float().flatten(1).T.cpu().numpy()
    return torch.from_numpy(pooling @ values).to(cells.device)
