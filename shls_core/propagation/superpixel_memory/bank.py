"""The memory bank of one video: fit on the first frame, then predict and update frame by frame."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from shls_core.errors import InputError
from shls_core.propagation.superpixel_memory.coarse_mask import margins, winning_class
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.long_term import Centroids
from shls_core.propagation.superpixel_memory.references import References
from shls_core.propagation.superpixel_memory.similarities import Similarities


class MemoryBank:
    """The memory of the classes of one video: its objects and the background.

    Everything lies on the device of the first superfeatures, in their dtype. Gradients flow from similarities
    to queries, references and centroids; in use, call every method under ``torch.inference_mode()``.

    Parameters
    ----------
    superfeatures : Float[Tensor, "R S"]
        Superfeatures of the first frame, with or without places; every superpixel lies in one object.
    labels : Int64[Tensor, "R"]
        Object of each superpixel, 0 background.
    config : MemoryConfig

    Attributes
    ----------
    classes : Int64[Tensor, "classes"]
        Labels in memory, in ascending order; the columns of similarities have the same order.
    references : References
        Short-term memory.
    centroids : Centroids
        Long-term memory.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.3
    """

    def __init__(
        self, superfeatures: Float[Tensor, "R S"], labels: Int64[Tensor, " R"], config: MemoryConfig
    ) -> None:
        self.config = config
        self.classes: Int64[Tensor, " classes"] = torch.unique(labels)
        first = [superfeatures[labels == label] for label in self.classes]
        nothing = [superfeatures[:0]] * len(first)
        self.references = References(first, nothing, config)
        with _full_precision(superfeatures):
            self.centroids = Centroids.fit(first, config)

    @property
    def object_columns(self) -> Int64[Tensor, " objects"]:
        """Columns of the objects: all classes but the background."""
        return torch.nonzero(self.classes)[:, 0]

    def predict(self, superfeatures: Float[Tensor, "R S"]) -> Similarities:
        """Compare the superfeatures of a frame with the memory of every class."""
        with _full_precision(superfeatures):
            return Similarities(
                self.references.similarities(superfeatures), self.centroids.similarities(superfeatures)
            )

    def winners(self, similarities: Similarities) -> Int64[Tensor, " R"]:
        """Return the column in `classes` of the class of every superpixel, by the configured rule."""
        return winning_class(similarities, self.config.pre_segmentation)

    def sureness(self, similarities: Similarities, winners: Int64[Tensor, " R"]) -> Float[Tensor, " R"]:
        """Return the margin (Eq. 1) of the winning class: the sureness of a superpixel without refinement.

        With refinement, sureness is the mean log-odds of the superpixel for its class in the refined mask
        instead.
        """
        return margins(similarities).gather(1, winners[:, None]).squeeze(1)

    def confident(self, winners: Int64[Tensor, " R"], sureness: Float[Tensor, " R"]) -> Bool[Tensor, " R"]:
        """Return which superpixels are sure enough of their class to be remembered.

        The sureness of each must reach `update_threshold` times its mean over the superpixels of the same
        class in the frame.
        """
        sums = sureness.new_zeros(len(self.classes)).index_add(0, winners, sureness)
        counts = torch.bincount(winners, minlength=len(self.classes))
        return sureness >= (self.config.update_threshold * sums / counts.clamp(min=1))[winners]

    def update(
        self,
        superfeatures: Float[Tensor, "R S"],
        winners: Int64[Tensor, " R"],
        sureness: Float[Tensor, " R"],
        may_be_learnt: Bool[Tensor, " R"] | None = None,
    ) -> None:
        """Remember the confident superpixels of a frame.

        A frame that lost its background updates nothing: its masks have spread over the whole frame.

        Parameters
        ----------
        superfeatures : Float[Tensor, "R S"]
        winners : Int64[Tensor, "R"]
            Columns of their classes: of the coarse mask or, with refinement, of the refined one.
        sureness : Float[Tensor, "R"]
            See `sureness`; within a frame, superpixels that are less sure are forgotten sooner.
        may_be_learnt : Bool[Tensor, "R"] or None
            Which superpixels may be remembered; the others still count in the means of `confident`. None:
            all.
        """
        confident = self.confident(winners, sureness)
        if may_be_learnt is not None:
            confident &= may_be_learnt
        has_lost_background = (self.classes == 0).any() & ~(self.classes[winners] == 0).any()
        rows = torch.nonzero(confident & ~has_lost_background)[:, 0]
        rows = rows[sureness[rows].argsort(stable=True)]
        if len(rows):
            self.references.remember(superfeatures[rows], winners[rows])
            with _full_precision(superfeatures):
                self.centroids = self.centroids.absorb(superfeatures[rows], winners[rows])

    def introduce(self, superfeatures: Float[Tensor, "R S"], labels: Int64[Tensor, " R"]) -> None:
        """Add superpixels whose object is given, in a frame after the first.

        Parameters
        ----------
        superfeatures : Float[Tensor, "R S"]
            Only of those superpixels whose object is given.
        labels : Int64[Tensor, "R"]
            A new label becomes a class, with these superpixels as members of its first frame; to a known
            class they are added as if they had been in the first frame.

        Raises
        ------
        InputError
            If there is no superpixel.
        """
        if not len(labels):
            raise InputError("expected superpixels of at least one object to introduce, got none")
        classes = torch.unique(torch.cat([self.classes, labels]))
        known = {label: column for column, label in enumerate(self.classes.tolist())}
        first, later, centroids = [], [], []
        for label in classes.tolist():
            members = superfeatures[labels == label]
            column = known.get(label)
            if column is None:
                first.append(members)
                later.append(superfeatures[:0])
            else:
                first.append(torch.cat([self.references.first(column), members]))
                later.append(self.references.later(column))
            with _full_precision(members):
                centroids.append(self._centroids_with(members, column))
        self.classes = classes
        self.references = References(first, later, self.config)
        self.centroids = Centroids.stacked(centroids)

    def _centroids_with(self, members: Float[Tensor, "M S"], column: int | None) -> Centroids:
        """Return the centroids of a class after members are added; a new class has no column."""
        if column is None:
            return Centroids.fit([members], self.config)
        only = torch.zeros(len(members), dtype=torch.long, device=members.device)
        return self.centroids.of_class(column).absorb(members, only)


def _full_precision(superfeatures: Tensor) -> torch.autocast:
    """Keep products in float32: the half precision of mixed training cannot separate near neighbours."""
    return torch.autocast(superfeatures.device.type, enabled=False)
