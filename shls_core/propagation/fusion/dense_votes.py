"""Labels carried from cell to cell, as votes for superpixels."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.fusion.config import DenseVotesConfig
from shls_core.propagation.fusion.described_frame import DescribedFrame, pooled
from shls_core.propagation.grid_mapping import GridMapping
from shls_core.propagation.label_tracker import LabelTracker
from shls_core.propagation.soft_labels import given_shares
from shls_core.propagation.unit_cells import unit_vectors


class DenseVotes:
    """Label propagation of one video, read and written by superpixels.

    Superpixels get the mean shares of their cells, and what is remembered of a frame is what was decided for
    its superpixels: so masks keep to the borders of superpixels from frame to frame.

    Parameters
    ----------
    config : DenseVotesConfig
    first : DescribedFrame
    mask : Int64[Tensor, "H W"]
        Of the first frame: 0 background, 1..K objects, at least one.
    """

    def __init__(self, config: DenseVotesConfig, first: DescribedFrame, mask: Int64[Tensor, "H W"]) -> None:
        self._labels = config.labels()
        self._mapping = GridMapping.of((mask.shape[0], mask.shape[1]), first.stride, self._labels.grid)
        self._tracker = LabelTracker(self._labels, unit_vectors(first.cells), self._given(mask))

    def shares(self, frame: DescribedFrame, classes: Int64[Tensor, " classes"]) -> Float[Tensor, "R classes"]:
        """Return the share of every class in the superpixels of the next frame.

        `learn` or `introduce` follows.

        Parameters
        ----------
        frame : DescribedFrame
        classes : Int64[Tensor, "classes"]
            Labels that were given, in the order of the columns of the result.
        """
        self._features = unit_vectors(frame.cells)
        self._predicted = self._tracker.predict(self._features)
        channels = [self._tracker.labels.index(label) for label in classes.tolist()]
        return pooled(self._predicted[channels], frame.pooling)

    def learn(
        self,
        frame: DescribedFrame,
        votes: Float[Tensor, "R classes"],
        classes: Int64[Tensor, " classes"],
    ) -> None:
        """Remember the next frame with shares of every class in its superpixels, of sum 1."""
        self._tracker.remember(self._features, self._on_cells(frame, votes, classes))

    def introduce(
        self,
        frame: DescribedFrame,
        votes: Float[Tensor, "R classes"],
        classes: Int64[Tensor, " classes"],
        mask: Int64[Tensor, "H W"],
    ) -> None:
        """Remember the next frame as `learn` does, with the objects of a mask (0: not given) over it."""
        self._tracker.give(self._features, self._on_cells(frame, votes, classes), self._given(mask))

    def _on_cells(
        self,
        frame: DescribedFrame,
        votes: Float[Tensor, "R classes"],
        classes: Int64[Tensor, " classes"],
    ) -> Float[Tensor, "channels h w"]:
        """Return the mean of votes over the area of every cell."""
        of_superpixel = np.bincount(frame.superpixels.cpu().numpy().ravel(), minlength=len(votes))
        areas = frame.pooling.multiply(of_superpixel[:, None]).T.tocsr()
        means = (areas @ votes.cpu().numpy()) / areas.sum(axis=1)[:, None]
        soft = torch.zeros_like(self._predicted)
        channels = [self._tracker.labels.index(label) for label in classes.tolist()]
        soft[channels] = torch.from_numpy(means.T.astype(np.float32)).to(soft).view(-1, *soft.shape[1:])
        return soft

    def _given(self, mask: Int64[Tensor, "H W"]) -> Mapping[int, Float[Tensor, "h w"]]:
        return given_shares(mask.to(torch.uint8).cpu().numpy(), self._mapping, self._labels)
