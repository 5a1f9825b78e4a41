"""Masks pasted over one another: which object hides which, and by how much."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from shls_core.synthesis.recipe import Box

Silhouettes = Sequence[UInt8[np.ndarray, "_ _"]]
"""Masks (1 inside, 0 outside) of one object, one per frame, each the size of the object's box there."""


@dataclass(frozen=True, eq=False)
class PastedShape:
    """The shape of one pasted object."""

    mask: UInt8[np.ndarray, "h w"]
    """1 inside, 0 outside: its component at the size it has in the first frame."""
    silhouettes: Silhouettes
    """The mask after its motion, in its box of every frame."""


def overlap(box: Box, frame_size: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the part of a box that lies in the frame, as slices of the frame and of the box.

    Examples
    --------
    >>> overlap((-2, 5, 3, 9), frame_size=8)
    ((slice(0, 3, None), slice(5, 8, None)), (slice(2, 5, None), slice(0, 3, None)))
    """
    top, left, bottom, right = box
    row, column = max(top, 0), max(left, 0)
    # A box outside the frame gives empty slices on both sides.
    row_end, column_end = max(min(bottom, frame_size), row), max(min(right, frame_size), column)
    in_frame = slice(row, row_end), slice(column, column_end)
    in_box = slice(row - top, row_end - top), slice(column - left, column_end - left)
    return in_frame, in_box


class LayeredMasks:
    """The masks of a sequence while objects are pasted, later ones over earlier ones.

    Parameters
    ----------
    masks : UInt8[np.ndarray, "T H W"]
        Masks to start from, labels 0..K; changed in place by `paste`.
    num_objects : int
        K, the number of objects in them.
    """

    def __init__(self, masks: UInt8[np.ndarray, "T F F"], num_objects: int) -> None:
        self.masks = masks
        counts = [np.bincount(mask.ravel(), minlength=num_objects + 1)[1:] for mask in masks]
        self.visible_areas: Int64[np.ndarray, "T K"] = np.stack(counts).astype(np.int64)
        """Visible pixels of every object in every frame."""
        self.full_areas: Int64[np.ndarray, "T K"] = self.visible_areas.copy()
        """Pixels in the frame of every object, if nothing were pasted over it."""

    @property
    def num_objects(self) -> int:
        """Objects so far."""
        return int(self.full_areas.shape[1])

    def hidden_areas(self, silhouettes: Silhouettes, boxes: Sequence[Box]) -> Int64[np.ndarray, "T K"]:
        """Return how many visible pixels of each object a paste would hide in every frame."""
        hidden = np.zeros_like(self.full_areas)
        for time, (in_frame, inside) in enumerate(self._clipped(silhouettes, boxes)):
            under = self.masks[time][in_frame][inside]
            hidden[time] = np.bincount(under, minlength=self.num_objects + 1)[1:]
        return hidden

    def paste(self, silhouettes: Silhouettes, boxes: Sequence[Box]) -> None:
        """Paste a new object over all others; its label is the next free one."""
        label = self.num_objects + 1
        hidden = self.hidden_areas(silhouettes, boxes)
        areas = np.zeros((len(self.masks), 1), dtype=np.int64)
        for time, (in_frame, inside) in enumerate(self._clipped(silhouettes, boxes)):
            self.masks[time][in_frame][inside] = label
            areas[time] = np.count_nonzero(inside)
        self.visible_areas = np.hstack([self.visible_areas - hidden, areas])
        self.full_areas = np.hstack([self.full_areas, areas])

    def _clipped(
        self, silhouettes: Silhouettes, boxes: Sequence[Box]
    ) -> Iterator[tuple[tuple[slice, slice], Bool[np.ndarray, "_ _"]]]:
        for silhouette, box in zip(silhouettes, boxes, strict=True):
            in_frame, in_box = overlap(box, self.masks.shape[1])
            yield in_frame, silhouette[in_box].astype(bool)
