"""Tracks the objects of one video: memory clustering, then refinement, in training and in use."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from shls_core.propagation.superpixel_memory.attention import attention_channels
from shls_core.propagation.superpixel_memory.bank import MemoryBank
from shls_core.propagation.superpixel_memory.coarse_mask import paint
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.inside import inside_own_class
from shls_core.propagation.superpixel_memory.outlier_filter import filter_outliers
from shls_core.propagation.superpixel_memory.place import with_place
from shls_core.propagation.superpixel_memory.refines import RefinedFrame, Refines
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


@dataclass(frozen=True)
class TrackedFrame:
    """The result of a frame.

    Attributes
    ----------
    mask : UInt8[Tensor, "H W"]
        Labels of the first mask.
    refined : RefinedFrame or None
        The refinement that gave the mask; None if refinement is off, and the mask is the coarse one.
    """

    mask: UInt8[Tensor, "H W"]
    refined: RefinedFrame | None


class ObjectTracker:
    """The state of one video. Gradients flow through it; in use, call it in inference mode.

    Parameters
    ----------
    memory_config : MemoryConfig
    first : EncodedFrame
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
        memory_config: MemoryConfig,
        first: EncodedFrame,
        mask: Int64[Tensor, "H W"],
        labels: Int64[Tensor, " R"],
        refiner: Refines | None = None,
    ) -> None:
        self._memory_config = memory_config
        compared = self._compared(first)
        self._memory = MemoryBank(compared, labels, memory_config)
        self._last_mask = mask.to(torch.uint8)
        self._refiner = refiner
        self._show_refiner(first, compared, mask, self._memory.object_columns)

    def step(self, frame: EncodedFrame, guide: Int64[Tensor, "H W"] | None = None) -> TrackedFrame:
        """Segment the next frame and update the memory with the result.

        Parameters
        ----------
        frame : EncodedFrame
        guide : Int64[Tensor, "H W"] or None
            Labels that set the regions of refinement: the pseudo-mask in training; None: the coarse mask.
        """
        compared = self._compared(frame)
        tracked, winners, sureness = self._predict(frame, compared, guide)
        learnt = self._may_be_learnt(winners, frame.superpixels, tracked.mask)
        self._memory.update(compared, winners, sureness, learnt)
        self._last_mask = tracked.mask
        return tracked

    def introduce(
        self, frame: EncodedFrame, mask: Int64[Tensor, "H W"], labels: Int64[Tensor, " R"]
    ) -> TrackedFrame:
        """Segment the next frame, in which some objects are given, known ones or new.

        Parameters
        ----------
        frame : EncodedFrame
            Each of its superpixels lies in one object of the mask, or in none.
        mask : Int64[Tensor, "H W"]
            0 means not given. In this frame, an object of the mask is there and nowhere else.
        labels : Int64[Tensor, "R"]
            The label of every superpixel in the mask.

        Returns
        -------
        TrackedFrame
            The given mask, written over the result of `step`; `refined` is that of `step`.
        """
        compared = self._compared(frame)
        tracked, winners, sureness = self._predict(frame, compared)
        is_given = labels > 0
        named = torch.unique(labels[is_given])
        # Given superpixels teach no other class, and no other superpixel teaches the given objects.
        learnt = ~is_given & ~torch.isin(self._memory.classes[winners], named)
        learnt &= self._may_be_learnt(winners, frame.superpixels, tracked.mask)
        self._memory.update(compared, winners, sureness, learnt)
        self._memory.introduce(compared[is_given], labels[is_given])
        self._show_refiner(frame, compared, mask, torch.isin(self._memory.classes, named).nonzero()[:, 0])
        elsewhere = tracked.mask.masked_fill(torch.isin(tracked.mask.long(), named), 0)
        self._last_mask = torch.where(mask > 0, mask.to(torch.uint8), elsewhere)
        return TrackedFrame(self._last_mask, tracked.refined)

    def _predict(
        self,
        frame: EncodedFrame,
        compared: Float[Tensor, "R _"],
        guide: Int64[Tensor, "H W"] | None = None,
    ) -> tuple[TrackedFrame, Int64[Tensor, " R"], Float[Tensor, " R"]]:
        """Segment a frame; also return the column of each superpixel's class, and its sureness."""
        similarities = self._memory.predict(compared)
        winners = self._memory.winners(similarities)
        coarse = self._coarse_mask(winners, frame.superpixels)
        if self._refiner is None:
            sureness = self._memory.sureness(similarities, winners)
            return TrackedFrame(coarse.to(torch.uint8), None), winners, sureness
        attention = attention_channels(similarities, self._memory.object_columns)
        refined = self._refiner.refine(frame.view, attention, coarse, guide)
        return TrackedFrame(refined.mask, refined), *self._refined_winners(refined, frame)

    def _compared(self, frame: EncodedFrame) -> Float[Tensor, "R _"]:
        """Return the vectors by which the memory compares superpixels."""
        return with_place(frame.superfeatures, frame.centres, self._memory_config.place_weight)

    def _may_be_learnt(
        self, winners: Int64[Tensor, " R"], superpixels: Int64[Tensor, "H W"], mask: UInt8[Tensor, "H W"]
    ) -> Bool[Tensor, " R"]:
        learnt = torch.ones_like(winners, dtype=torch.bool)
        if self._memory_config.inside_only:
            learnt &= inside_own_class(winners, superpixels)
        if self._memory_config.outlier_filter and self._refiner is None:
            was_dropped = mask != paint(self._memory.classes[winners], superpixels)
            learnt[superpixels[was_dropped]] = False
        return learnt

    def _show_refiner(
        self,
        frame: EncodedFrame,
        compared: Float[Tensor, "R _"],
        mask: Int64[Tensor, "H W"],
        objects: Int64[Tensor, " objects"],
    ) -> None:
        """Pass objects (columns of memory) whose mask is given to refinement, if it is on."""
        if self._refiner is None:
            return
        attention = attention_channels(self._memory.predict(compared), objects)
        self._refiner.introduce(frame.view, mask, self._memory.classes[objects].tolist(), attention)

    def _coarse_mask(
        self, winners: Int64[Tensor, " R"], superpixels: Int64[Tensor, "H W"]
    ) -> Int64[Tensor, "H W"]:
        coarse = paint(self._memory.classes[winners], superpixels)
        if not self._memory_config.outlier_filter:
            return coarse
        masks = (mask.to(torch.uint8).cpu().numpy() for mask in (coarse, self._last_mask))
        return torch.from_numpy(filter_outliers(*masks)).to(coarse)

    @torch.no_grad()
    def _refined_winners(
        self, refined: RefinedFrame, frame: EncodedFrame
    ) -> tuple[Int64[Tensor, " R"], Float[Tensor, " R"]]:
        """Return the class of every superpixel in the refined mask, and its mean log-odds there."""
        index = SuperpixelIndex(frame.superpixels[None], (0, len(frame.superfeatures)))
        means = index.means(refined.log_odds[None].to(frame.superfeatures.dtype))
        # If the first frame has no background, there is no class for it.
        sureness, winners = means[:, -len(self._memory.classes) :].max(dim=1)
        return winners, sureness
