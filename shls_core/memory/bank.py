"""The memory bank of one video: fit on the first frame, then predict and update frame by frame."""

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from shls_core.memory.coarse_mask import Similarities, margins, winning_class
from shls_core.memory.config import MemoryConfig
from shls_core.memory.long_term import Centroids
from shls_core.memory.short_term import neighbour_similarities


class ClassMemory:
    """References and centroids of one class.

    Parameters
    ----------
    members : Float32[numpy.ndarray, "M S"]
        Superfeatures of the class in the first frame; M >= 1.
    config : MemoryConfig
    """

    def __init__(self, members: Float32[np.ndarray, "M S"], config: MemoryConfig) -> None:
        self.references = members
        self.centroids = Centroids(members, config)
        self._cap = config.memory_cap
        self._num_first = len(members)

    def remember(self, members: Float32[np.ndarray, "M S"]) -> None:
        """Take in new members; beyond the cap, the oldest after the first frame's are forgotten."""
        first, later = np.split(self.references, [self._num_first])
        later = np.concatenate([later, members])
        most_later = int(self._cap * self._num_first) - self._num_first
        self.references = np.concatenate([first, later[max(len(later) - most_later, 0) :]])
        self.centroids.absorb(members)

    def remember_given(self, members: Float32[np.ndarray, "M S"]) -> None:
        """Take in members that a mask names; like those of the first frame they are never forgotten."""
        first, later = np.split(self.references, [self._num_first])
        self.references = np.concatenate([first, members, later])
        self._num_first += len(members)
        self.centroids.absorb(members)


class MemoryBank:
    """What is known of the classes of one video: its objects and the background.

    Parameters
    ----------
    superfeatures : Float32[numpy.ndarray, "R S"]
        Superfeatures of the first frame, of unit length, every superpixel within one object.
    labels : Int64[numpy.ndarray, "R"]
        Object of each superpixel, 0 background.
    config : MemoryConfig

    Attributes
    ----------
    classes : UInt8[numpy.ndarray, "classes"]
        Labels in memory, rising; columns of similarities stand in this order.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.3
    """

    def __init__(
        self,
        superfeatures: Float32[np.ndarray, "R S"],
        labels: Int64[np.ndarray, " R"],
        config: MemoryConfig,
    ) -> None:
        self.config = config
        self.classes: UInt8[np.ndarray, " classes"] = np.unique(labels).astype(np.uint8)
        self.memories = [ClassMemory(superfeatures[labels == label], config) for label in self.classes]

    def predict(self, superfeatures: Float32[np.ndarray, "R S"]) -> Similarities:
        """Compare the superfeatures of a frame with the memory of every class."""
        neighbours = [
            neighbour_similarities(superfeatures, memory.references, self.config.neighbours)
            for memory in self.memories
        ]
        long_term = [memory.centroids.similarity(superfeatures) for memory in self.memories]
        return Similarities(np.stack(neighbours, axis=1), np.stack(long_term, axis=1))

    def winners(self, similarities: Similarities) -> Int64[np.ndarray, " R"]:
        """Return the column in `classes` of the class of every superpixel."""
        return winning_class(similarities, self.config.pre_segmentation)

    def confident(
        self, similarities: Similarities, winners: Int64[np.ndarray, " R"]
    ) -> Bool[np.ndarray, " R"]:
        """Tell which superpixels are sure enough of their class to be remembered.

        The margin of the class won must reach `update_threshold` times its mean over the superpixels of
        the frame that went to the same class.
        """
        margin = np.take_along_axis(margins(similarities), winners[:, None], axis=1)[:, 0]
        counts = np.bincount(winners, minlength=len(self.classes))
        means = np.bincount(winners, weights=margin, minlength=len(self.classes)) / np.maximum(counts, 1)
        confident: Bool[np.ndarray, " R"] = margin >= self.config.update_threshold * means[winners]
        return confident

    def update(
        self,
        superfeatures: Float32[np.ndarray, "R S"],
        winners: Int64[np.ndarray, " R"],
        confident: Bool[np.ndarray, " R"],
    ) -> None:
        """Remember the confident superpixels of a frame.

        A frame that lost its background updates nothing: its masks have run over the whole frame.
        """
        background = np.flatnonzero(self.classes == 0)
        if len(background) and not (winners == background[0]).any():
            return
        for column, memory in enumerate(self.memories):
            members = superfeatures[confident & (winners == column)]
            if len(members):
                memory.remember(members)

    def introduce(self, superfeatures: Float32[np.ndarray, "R S"], labels: Int64[np.ndarray, " R"]) -> None:
        """Remember superpixels of a later frame whose classes are given.

        A label not known so far becomes a class; one that is known gains members that are kept like those of
        the first frame.
        """
        for label in np.unique(labels):
            members = superfeatures[labels == label]
            column = int(np.searchsorted(self.classes, label))
            if column < len(self.classes) and self.classes[column] == label:
                self.memories[column].remember_given(members)
            else:
                self.classes = np.insert(self.classes, column, label)
                self.memories.insert(column, ClassMemory(members, self.config))
