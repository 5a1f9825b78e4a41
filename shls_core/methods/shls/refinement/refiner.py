"""Refines the objects of one video, frame by frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from shls_core.methods.shls.refinement.frame_view import FrameView
from shls_core.methods.shls.refinement.network import Current, Reference, RefinementNetwork
from shls_core.methods.shls.refinement.roi import STRIDE, object_boxes, region_of_interest, whole_frame
from shls_core.methods.shls.refinement.sampling import nearest_crop, resized_crop
from shls_core.methods.soft_aggregation import LARGEST_LOG_ODDS, class_log_odds
from shls_core.photographs.crops import Box
from shls_core.propagation.superpixel_memory.refines import RefinedFrame

_MOST_PIXELS = {"cpu": 2**14, "cuda": 2**18}
"""Regions of equal size are decoded together up to this area. On a CPU, larger batches do not fit into the
caches and take up to twice as long; on a GPU, smaller ones leave it idle."""


@dataclass
class TrackedObject:
    """The state of one object, from its first frame and from the previous frame."""

    label: int
    first_view: FrameView
    first_mask: Float[Tensor, "1 H W"]
    first_box: Box
    first_region: Box
    last_region: Box
    last_gated: Float[Tensor, "C4 h w"]
    last_prediction: Float[Tensor, "1 H W"]

    def saw(self, region: Box, gated: Float[Tensor, "C4 h w"], prediction: Float[Tensor, "1 H W"]) -> None:
        """Store the current frame as the last one."""
        self.last_region, self.last_gated, self.last_prediction = region, gated, prediction


class Refiner:
    """Refine the objects of one video; it holds the state of that video; a `Refines`.

    Parameters
    ----------
    network : RefinementNetwork
    margin : float
        Margin of regions of interest, per side; it differs between training and use.
    """

    def __init__(self, network: RefinementNetwork, margin: float) -> None:
        self._network = network
        self._margin = margin
        self._objects: list[TrackedObject] = []

    @property
    def labels(self) -> tuple[int, ...]:
        """The tracked objects, in ascending order."""
        return tuple(tracked.label for tracked in self._objects)

    def introduce(
        self,
        view: FrameView,
        mask: Int64[Tensor, "H W"],
        labels: Sequence[int],
        attention: Float[Tensor, "K R 4"],
    ) -> None:
        """Add objects whose mask is given; known objects keep their first frame.

        Parameters
        ----------
        view : FrameView
            The frame of the mask; it becomes the first frame of the new objects.
        mask : Int64[Tensor, "H W"]
            Pixels of these objects belong to no other object.
        labels : Sequence of int
            The objects in `mask`; each has at least one pixel.
        attention : Float[Tensor, "K R 4"]
            Attention values of these objects in this frame.
        """
        masks = mask == torch.tensor(labels, device=mask.device)[:, None, None]
        for tracked in self._objects:
            tracked.last_prediction = tracked.last_prediction * ~masks.any(dim=0)
        known = {tracked.label: tracked for tracked in self._objects}
        for label, own_mask, box, own_attention in zip(
            labels, masks, object_boxes(masks), attention, strict=True
        ):
            assert box is not None, label
            as_map = own_mask[None].to(view.fine.dtype)
            first_box = known[label].first_box if label in known else box
            region = self._region(box, first_box, view.size)
            [gated] = self._network.gate(_current(view, [region], own_attention[None]))
            known.setdefault(label, TrackedObject(label, view, as_map, box, region, region, gated, as_map))
            known[label].saw(region, gated, as_map)
        self._objects = [known[label] for label in sorted(known)]

    def refine(
        self,
        view: FrameView,
        attention: Float[Tensor, "K R 4"],
        coarse: Int64[Tensor, "H W"],
        guide: Int64[Tensor, "H W"] | None = None,
    ) -> RefinedFrame:
        """Refine the next frame.

        Parameters
        ----------
        view : FrameView
        attention : Float[Tensor, "K R 4"]
            Attention maps of the objects in `labels`, a row for every superpixel.
        coarse : Int64[Tensor, "H W"]
            Labels, 0 background.
        guide : Int64[Tensor, "H W"] or None
            Labels that set the regions of objects: the pseudo-mask in training; None: the coarse mask.
        """
        labels = torch.tensor(self.labels, device=coarse.device)[:, None, None]
        coarse_masks = coarse == labels
        boxes = object_boxes(coarse_masks if guide is None else guide == labels)
        regions = [
            self._region(box, tracked.first_box, view.size)
            for tracked, box in zip(self._objects, boxes, strict=True)
        ]
        object_log_odds: list[Tensor] = [attention.new_empty(0)] * len(regions)
        gated: list[Tensor] = [attention.new_empty(0)] * len(regions)
        for chosen in _together(regions, _MOST_PIXELS[attention.device.type]):
            there = [regions[k] for k in chosen]
            current = _current(view, there, attention[chosen])
            of_these = self._network.gate(current)
            reference = self._reference(chosen, there[0])
            known = _masks_in(there, coarse_masks[chosen]).to(attention)
            decoded = self._network.decode(current, of_these, reference, known)
            for k, own_gated, log_odds in zip(chosen, of_these, decoded, strict=True):
                gated[k], object_log_odds[k] = own_gated, _placed(log_odds, regions[k], view.size)
        refined = RefinedFrame((0, *self.labels), class_log_odds(torch.stack(object_log_odds)))
        predictions = refined.log_odds.softmax(dim=0)[1:]
        for k, tracked in enumerate(self._objects):
            tracked.saw(regions[k], gated[k], predictions[k, None])
        return refined

    def _region(self, box: Box | None, first_box: Box, frame_size: tuple[int, int]) -> Box:
        config = self._network.config
        if config.mode == "whole_frame":
            return whole_frame(frame_size)
        return region_of_interest(box, first_box, frame_size, self._margin, config.min_side_share)

    def _reference(self, chosen: Sequence[int], region: Box) -> Reference:
        """Return the state of the chosen objects, resized to a region."""
        size = _size(region)
        quarter = (size[0] // STRIDE, size[1] // STRIDE)
        objects = [self._objects[k] for k in chosen]
        return Reference(
            torch.stack([o.first_view.coarse_in(o.first_region, size) for o in objects]),
            torch.stack([resized_crop(o.last_gated, _all_of(o.last_gated), quarter) for o in objects]),
            torch.stack([nearest_crop(o.first_mask, o.first_region, size) for o in objects]),
            torch.stack([nearest_crop(o.last_prediction, o.last_region, size) for o in objects]),
            torch.stack([o.first_view.fine_in(o.first_region, size) for o in objects]),
        )


def _current(view: FrameView, regions: Sequence[Box], attention: Float[Tensor, "N R 4"]) -> Current:
    size = _size(regions[0])
    painted = [
        view.painted_in(values, region, size) for values, region in zip(attention, regions, strict=True)
    ]
    return Current(
        torch.stack([view.fine_in(region, size) for region in regions]),
        torch.stack(painted),
        torch.stack([view.coarse_in(region, size) for region in regions]),
    )


def _masks_in(regions: Sequence[Box], masks: Bool[Tensor, "N H W"]) -> Bool[Tensor, "N 1 h w"]:
    size = _size(regions[0])
    return torch.stack(
        [nearest_crop(mask[None], region, size) for mask, region in zip(masks, regions, strict=True)]
    )


def _size(region: Box) -> tuple[int, int]:
    return region.bottom - region.top, region.right - region.left


def _all_of(maps: Float[Tensor, "C h w"]) -> Box:
    return Box(0, 0, maps.shape[1], maps.shape[2])


def _together(regions: Sequence[Box], most_pixels: int) -> Iterator[list[int]]:
    """Yield the indices of regions of equal size, at most `most_pixels` together, or a single larger one."""
    by_size: dict[tuple[int, int], list[int]] = {}
    for number, region in enumerate(regions):
        by_size.setdefault(_size(region), []).append(number)
    for (height, width), numbers in by_size.items():
        count = max(1, most_pixels // (height * width))
        for start in range(0, len(numbers), count):
            yield numbers[start : start + count]


def _placed(log_odds: Float[Tensor, "h w"], region: Box, frame_size: tuple[int, int]) -> Float[Tensor, "H W"]:
    """Put a region into its frame; the object is absent outside the region."""
    height, width = frame_size
    inside = log_odds[: height - region.top, : width - region.left]
    placed = log_odds.new_full(frame_size, -LARGEST_LOG_ODDS)
    placed[region.top : region.bottom, region.left : region.right] = inside
    return placed
