"""Dense features of a coarse grid as features of superpixels."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float32, Int64, UInt8
from scipy.sparse import coo_array, csr_array

from shls_core.propagation.dense_features import DenseFeatures
from shls_core.propagation.fusion.described_frame import DescribedFrame, pooled
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


class PooledFeatures:
    """The mean of dense features over every superpixel, with unit length; a `SuperpixelFeatures`.

    Features are interpolated between the cells of their grid. A superpixel is smaller than a cell, as a rule,
    so without interpolation neighbours would be the same.

    Parameters
    ----------
    features : DenseFeatures
        They store no state of a video.
    """

    def __init__(self, features: DenseFeatures) -> None:
        self._features = features

    @property
    def device(self) -> torch.device:
        """The device of the features."""
        return self._features.device

    def encode(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: Int64[np.ndarray, "H W"]
    ) -> DescribedFrame:
        """Return pooled features, places and pixels of the superpixels of an RGB frame."""
        cells, stride = self._features.encode(frame), self._features.stride
        superpixels = torch.tensor(superpixel_map)
        index = SuperpixelIndex.of(superpixels[None])
        pooling = cell_weights(superpixel_map, stride)
        means = pooled(cells, pooling)
        return DescribedFrame(
            F.normalize(means, dim=1),
            index.centres_of(0).to(self.device),
            superpixels.to(self.device),
            cells=cells,
            stride=stride,
            pooling=pooling,
            descriptors=means,
        )

    def refiner(self) -> None:
        """Return None: masks are not refined."""
        return


def cell_weights(superpixel_map: Int64[np.ndarray, "H W"], stride: int) -> csr_array:
    """Return the matrix that averages interpolated cells over superpixels.

    Parameters
    ----------
    superpixel_map : Int64[numpy.ndarray, "H W"]
        Labels 0..R-1, none missing.
    stride : int
        Cell i is centred on pixel stride * i. Beyond the last one, its value continues.

    Returns
    -------
    scipy.sparse.csr_array of float32, shape (R, h w)
        Its rows sum to 1. The maps themselves, at full size, would be of several hundred megabytes.
    """
    (top, bottom, down), (left, right, along) = (
        _between_cells(side, stride) for side in superpixel_map.shape
    )
    num_columns = int(right[-1]) + 1
    labels = superpixel_map.ravel()
    entries = [
        ((rows[:, None] * num_columns + columns).ravel(), (of_row[:, None] * of_column).ravel())
        for rows, of_row in ((top, 1 - down), (bottom, down))
        for columns, of_column in ((left, 1 - along), (right, along))
    ]
    cells, weights = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    weights = weights / np.bincount(labels)[np.tile(labels, 4)]
    shape = (int(labels.max()) + 1, (int(bottom[-1]) + 1) * num_columns)
    return coo_array((weights.astype(np.float32), (np.tile(labels, 4), cells)), shape).tocsr()


def _between_cells(
    side: int, stride: int
) -> tuple[Int64[np.ndarray, " side"], Int64[np.ndarray, " side"], Float32[np.ndarray, " side"]]:
    """Return, for every pixel of an axis, the cells before and after it, and the weight of the latter."""
    last = -(-side // stride) - 1
    places = np.minimum(np.arange(side) / stride, last)
    before = places.astype(np.int64)
    return before, np.minimum(before + 1, last), (places - before).astype(np.float32)
