"""The masks of a video by the network that learned it, and which objects keep their propagated masks."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.adaptation.learning import VideoNetwork
from shls_core.adaptation.material import LearningMaterial

LEAST_OVERLAP = 0.75
"""Least intersection over union of the network's mask with the one that was given, in the frame in which an
object is given first; below it the network has not learned the object."""
LEAST_KEPT = 0.1
"""Least share of the propagated pixels of an object in a frame that are left to it."""


class AdaptedLabels:
    """Labels frames with the network of their video, and loses no object that propagation found.

    An object that the network has not learned (`LEAST_OVERLAP`) keeps its propagated masks in the whole
    video. In any frame, every object has at least the share `LEAST_KEPT` of its propagated pixels: one that
    would have fewer keeps its propagated mask there.

    Parameters
    ----------
    network : VideoNetwork
        Of the video.
    material : LearningMaterial
        What the network learned from.
    fuse : float
        What is added to the share of a pixel's propagated label; 0: the network alone decides.
    """

    def __init__(self, network: VideoNetwork, material: LearningMaterial, fuse: float) -> None:
        self._network, self._labels, self._fuse = network, tuple(material.labels), fuse
        self.unlearned = tuple(
            label for label in self._labels if self._overlap(material, label) < LEAST_OVERLAP
        )
        """Labels of the objects that keep their propagated masks in the whole video."""
        self.kept_frames: dict[int, int] = {}
        """Number of frames so far in which another object kept its propagated mask, by label."""

    def labels(
        self,
        pixels: UInt8[np.ndarray, "H W 3"],
        propagated: UInt8[np.ndarray, "H W"],
        num_known: int,
        given: UInt8[np.ndarray, "H W"] | None = None,
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of a frame.

        Parameters
        ----------
        pixels : UInt8[np.ndarray, "H W 3"]
            RGB.
        propagated : UInt8[np.ndarray, "H W"]
            Its propagated labels.
        num_known : int
            Number of objects that are given up to this frame; those given later do not occur.
        given : UInt8[np.ndarray, "H W"] or None
            The mask that was given for the frame: its objects are there and nowhere else.
        """
        named = set() if given is None else {int(label) for label in np.unique(given[given > 0])}
        found = self._largest_share(pixels, propagated, num_known, {*named, *self.unlearned})
        for label in self._labels[:num_known]:
            if label in named:
                continue
            there = propagated == label
            least = LEAST_KEPT * np.count_nonzero(there)
            if label in self.unlearned:
                found[there] = label
            elif np.count_nonzero(found[there] == label) < least:
                found[found == label] = 0
                found[there] = label
                self.kept_frames[label] = self.kept_frames.get(label, 0) + 1
        return found if given is None else np.where(given > 0, given, found)

    def _largest_share(
        self,
        pixels: UInt8[np.ndarray, "H W 3"],
        propagated: UInt8[np.ndarray, "H W"],
        num_known: int,
        without: set[int],
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the label with the largest share in every pixel, among those that are not in `without`."""
        height, width = pixels.shape[:2]
        found = np.zeros((height, width), np.uint8)
        best = None
        shares = self._network.shares(pixels, 1 + num_known)
        for label, small in zip((0, *self._labels[:num_known]), shares, strict=True):
            if label in without:
                continue
            share = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
            share[propagated == label] += self._fuse
            if best is None:
                best = share
                continue
            found[share > best] = label
            np.maximum(best, share, out=best)
        return found

    def _overlap(self, material: LearningMaterial, label: int) -> float:
        frame = material.first_given[label]
        place = 1 + self._labels.index(label)
        seen = self._network.shares(frame.pixels, frame.num_classes).argmax(axis=0) == place
        true = frame.classes == place
        either = int(np.count_nonzero(seen | true))
        return int(np.count_nonzero(seen & true)) / max(1, either)
