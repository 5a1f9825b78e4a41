"""Features of superpixels from two networks."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from scipy.sparse import csr_array
from torch import Tensor

from shls_core.propagation.dense_features import DenseFeatures
from shls_core.propagation.fusion.described_frame import DescribedFrame, pooled
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame, SuperpixelFeatures
from shls_core.propagation.superpixel_memory.pooled_features import cell_weights
from shls_core.propagation.superpixel_memory.refines import Refines


class JoinedFeatures:
    """The vectors of one network with those of another appended, with unit length; a `SuperpixelFeatures`.

    The second network's vector of a superpixel is the mean of its dense features there. If the first network
    describes frames for a model of the video, these means join its descriptors, too.

    Parameters
    ----------
    first : SuperpixelFeatures
    second : DenseFeatures
        On the same device.
    share : float
        Length of the second network's vectors beside those of the first, which have length 1.
    side : int
        Longest side in px that frames have for the second network, as nearly as a whole factor that divides
        its stride can enlarge them. Frames are never shrunk.
    votes : DenseFeatures or None
        Dense features of the second network that replace the cells of the first in described frames: what
        carries labels from cell to cell then carries them by these.
    """

    def __init__(
        self,
        first: SuperpixelFeatures,
        second: DenseFeatures,
        share: float,
        side: int,
        votes: DenseFeatures | None = None,
    ) -> None:
        self._first, self._second, self._votes = first, second, votes
        self._share, self._side = share, side

    @property
    def device(self) -> torch.device:
        """The device of the first network."""
        return self._first.device

    def encode(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: Int64[np.ndarray, "H W"]
    ) -> EncodedFrame:
        """Return joined features, places and pixels of the superpixels of an RGB frame."""
        of_frame = self._first.encode(frame, superpixel_map)
        cells = self._cells(self._second, frame, superpixel_map)
        means = pooled(cells.values, cells.pooling)
        appended = [of_frame.superfeatures, self._share * F.normalize(means, dim=1)]
        changes: dict[str, Any] = {"superfeatures": F.normalize(torch.cat(appended, dim=1), dim=1)}
        if isinstance(of_frame, DescribedFrame):
            changes["descriptors"] = torch.cat([of_frame.descriptors, means], dim=1)
            if self._votes is not None:
                if self._votes is not self._second:
                    cells = self._cells(self._votes, frame, superpixel_map)
                changes |= {"cells": cells.values, "stride": cells.stride, "pooling": cells.pooling}
        return replace(of_frame, **changes)

    def refiner(self) -> Refines | None:
        """Return the refinement of the first network for a new video."""
        return self._first.refiner()

    def _cells(
        self,
        features: DenseFeatures,
        frame: UInt8[np.ndarray, "H W 3"],
        superpixel_map: Int64[np.ndarray, "H W"],
    ) -> "_Cells":
        factor = enlargement(max(frame.shape[:2]), features.stride, self._side)
        stride = features.stride // factor
        values = features.encode(_enlarged(frame, factor))
        return _Cells(values, stride, cell_weights(superpixel_map, stride))


@dataclass(frozen=True)
class _Cells:
    """Dense features, with pixels of the frame as it came from one cell to the next."""

    values: Float[Tensor, "C h w"]
    stride: int
    pooling: csr_array


def enlargement(longest: int, stride: int, side: int) -> int:
    """Return the factor, a divisor of a stride, that brings a longest side nearest to `side` px.

    Examples
    --------
    >>> [enlargement(longest, 8, side=854) for longest in (854, 640, 427, 100)]
    [1, 1, 2, 8]
    """
    divisors = (factor for factor in range(1, stride + 1) if stride % factor == 0)
    return min(divisors, key=lambda factor: abs(factor * longest - side))


def _enlarged(frame: UInt8[np.ndarray, "H W 3"], factor: int) -> UInt8[np.ndarray, "h w 3"]:
    if factor == 1:
        return frame
    height, width = frame.shape[:2]
    larger: UInt8[np.ndarray, "h w 3"] = cv2.resize(
        frame, (width * factor, height * factor), interpolation=cv2.INTER_LINEAR
    )
    return larger
