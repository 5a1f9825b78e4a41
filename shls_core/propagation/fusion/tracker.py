"""Tracks the objects of one video by the memory and by what else is said of superpixels."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.propagation.fusion.dense_votes import DenseVotes
from shls_core.propagation.fusion.described_frame import DescribedFrame
from shls_core.propagation.fusion.video_model import Samples, VideoModel
from shls_core.propagation.superpixel_memory.attention import attention_channels
from shls_core.propagation.superpixel_memory.coarse_mask import knn_votes
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker, TrackedFrame
from shls_core.propagation.superpixel_memory.refines import Refines
from shls_core.propagation.superpixel_memory.similarities import Similarities


class FusedTracker(ObjectTracker):
    """The state of one video: the memory, a model of the video, and labels of dense features.

    Each of them gives every superpixel a share of every class; their weighted sum decides. All of them learn
    from what was decided. For use alone: gradients do not flow through it.

    Parameters
    ----------
    config : FusedMemoryConfig
        Something of it is on.
    first : DescribedFrame
        The first frame; each of its superpixels lies in one object.
    mask : Int64[Tensor, "H W"]
        Of the first frame: 0 background, 1..K objects, at least one.
    labels : Int64[Tensor, "R"]
        Object of every superpixel.
    refiner : Refines or None
        Refines coarse masks; it has seen no frame yet. None: coarse masks are final.
    """

    def __init__(
        self,
        config: FusedMemoryConfig,
        first: DescribedFrame,
        mask: Int64[Tensor, "H W"],
        labels: Int64[Tensor, " R"],
        refiner: Refines | None = None,
    ) -> None:
        super().__init__(config, first, mask, labels, refiner)
        self._config = config
        self._model: VideoModel | None = None
        self._dense: DenseVotes | None = None
        if config.discriminative is not None:
            self._model = VideoModel(config.discriminative, Samples(first.descriptors, labels))
        if config.dense is not None:
            self._dense = DenseVotes(config.dense, first, mask)

    def step(self, frame: EncodedFrame, guide: Int64[Tensor, "H W"] | None = None) -> TrackedFrame:
        """Segment the next frame and learn from the result; see `ObjectTracker.step`."""
        assert isinstance(frame, DescribedFrame)
        tracked = super().step(frame, guide)
        if self._model is not None:
            inside = self._may_be_learnt(self._winners, frame.superpixels, tracked.mask)
            labels = self._memory.classes[self._winners]
            self._model.learn(Samples(frame.descriptors[inside], labels[inside]))
        if self._dense is not None:
            self._dense.learn(frame, self._votes, self._memory.classes)
        return tracked

    def introduce(
        self, frame: EncodedFrame, mask: Int64[Tensor, "H W"], labels: Int64[Tensor, " R"]
    ) -> TrackedFrame:
        """Segment the next frame, in which some objects are given; see `ObjectTracker.introduce`."""
        assert isinstance(frame, DescribedFrame)
        classes = self._memory.classes
        tracked = super().introduce(frame, mask, labels)
        if self._model is not None:
            is_given, found = labels > 0, classes[self._winners]
            # Given superpixels teach no other class, and no other superpixel teaches the given objects.
            inside = self._may_be_learnt(self._winners, frame.superpixels, self._predicted_mask)
            inside &= ~is_given & ~torch.isin(found, labels[is_given])
            self._model.learn(Samples(frame.descriptors[inside], found[inside]))
            self._model.introduce(Samples(frame.descriptors[is_given], labels[is_given]))
        if self._dense is not None:
            self._dense.introduce(frame, self._votes, classes, mask)
        return tracked

    def _predict(
        self,
        frame: EncodedFrame,
        compared: Float[Tensor, "R _"],
        guide: Int64[Tensor, "H W"] | None = None,
    ) -> tuple[TrackedFrame, Int64[Tensor, " R"], Float[Tensor, " R"]]:
        """Segment a frame as `ObjectTracker` does, by the votes of all."""
        assert isinstance(frame, DescribedFrame)
        similarities = self._memory.predict(compared)
        self._votes = self._fused(frame, similarities)
        winners = self._votes.argmax(dim=1)
        coarse = self._coarse_mask(winners, frame.superpixels)
        if self._refiner is None:
            sureness = self._memory.sureness(similarities, winners)
            tracked = TrackedFrame(coarse.to(torch.uint8), None)
        else:
            attention = attention_channels(similarities, self._memory.object_columns)
            refined = self._refiner.refine(frame.view, attention, coarse, guide)
            tracked = TrackedFrame(refined.mask, refined)
            winners, sureness = self._refined_winners(refined, frame)
        self._winners, self._predicted_mask = winners, tracked.mask
        return tracked, winners, sureness

    def _fused(self, frame: DescribedFrame, similarities: Similarities) -> Float[Tensor, "R classes"]:
        """Return the weighted mean of the shares of every class; rows sum to 1."""
        classes = self._memory.classes
        votes = _shares_of(similarities, self._config)
        total = 1.0
        if self._config.discriminative is not None and self._model is not None:
            weight = self._config.discriminative.weight
            votes = votes + weight * self._model.probabilities(frame.descriptors, classes)
            total += weight
        if self._config.dense is not None and self._dense is not None:
            weight = self._config.dense.weight
            votes = votes + weight * self._dense.shares(frame, classes)
            total += weight
        return votes / total


def _shares_of(similarities: Similarities, config: FusedMemoryConfig) -> Float[Tensor, "R classes"]:
    """Return the votes of the memory, by the rule of the coarse mask, as shares of sum 1."""
    if config.pre_segmentation == "knn_vote":
        votes = knn_votes(similarities)
    else:
        votes = (similarities.short_term + similarities.long_term).clamp(min=0.0)
    total = votes.sum(dim=1, keepdim=True)
    return torch.where(total > 0, votes / total, 1.0 / votes.shape[1])
