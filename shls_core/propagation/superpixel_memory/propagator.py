"""Segments videos by a memory of superpixels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8, UInt16
from torch import Tensor

from shls_core.errors import InputError
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.propagation.fusion.described_frame import DescribedFrame
from shls_core.propagation.fusion.tracker import FusedTracker
from shls_core.propagation.interface import NOTHING_STORED, Stored
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame, SuperpixelFeatures
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker, TrackedFrame
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask


@dataclass(frozen=True)
class DividedFrame:
    """A frame and its superpixels.

    Attributes
    ----------
    pixels : UInt8[numpy.ndarray, "H W 3"]
        RGB.
    superpixel_map : UInt16[numpy.ndarray, "H W"]
        Labels 0..R-1, none missing.
    """

    pixels: UInt8[np.ndarray, "H W 3"]
    superpixel_map: UInt16[np.ndarray, "H W"]


class SuperpixelMemoryPropagator:
    """Segment videos, one after the other, frame by frame; a `MaskPropagator`.

    Parameters
    ----------
    features : SuperpixelFeatures
        They store no state of a video.
    memory_config : MemoryConfig
    divide : Callable or None
        Divides frames into superpixels, for example `shls_core.superpixels.division.division`; None: every
        frame comes with stored ``superpixel_maps``.
    """

    def __init__(
        self,
        features: SuperpixelFeatures,
        memory_config: MemoryConfig,
        divide: Callable[[UInt8[np.ndarray, "H W 3"]], UInt16[np.ndarray, "H W"]] | None = None,
    ) -> None:
        self._features = features
        self._memory_config = memory_config
        self._divide = divide
        self._tracker: ObjectTracker | None = None
        self._shape: tuple[int, ...] = ()

    def prepare(self, frame: UInt8[np.ndarray, "H W 3"], stored: Stored = NOTHING_STORED) -> DividedFrame:
        """Divide an RGB frame into superpixels, or take its stored ``superpixel_maps``.

        Raises
        ------
        InputError
            If there is neither a stored map nor `divide`.
        """
        if "superpixel_maps" in stored:
            return DividedFrame(frame, stored["superpixel_maps"])
        if self._divide is None:
            raise InputError("expected a stored superpixel map, or a way to divide frames, got neither")
        return DividedFrame(frame, self._divide(frame))

    @torch.inference_mode()
    def start(self, prepared: DividedFrame, mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Start a video: remember its first frame, with superpixels split along the mask's borders.

        Parameters
        ----------
        prepared : DividedFrame
            From `prepare`.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 background, 1..K objects, at least one.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object or holds 255 (void).
        """
        self._tracker = None
        _check_mask(mask, prepared.pixels)
        split, labels = split_along_mask(prepared.superpixel_map, mask)
        self._tracker = self._tracker_of(
            self._features.encode(prepared.pixels, split),
            self._on_device(mask.astype(np.int64)),
            self._on_device(labels),
        )
        self._shape = prepared.pixels.shape

    @torch.inference_mode()
    def step(self, prepared: DividedFrame) -> UInt8[np.ndarray, "H W"]:
        """Segment the next frame and update the memory with it.

        Returns
        -------
        UInt8[numpy.ndarray, "H W"]
            Labels of the first mask.

        Raises
        ------
        InputError
            If no video was started, or the shape differs from the first frame's.
        """
        tracker = self._started(prepared)
        encoded = self._features.encode(prepared.pixels, prepared.superpixel_map.astype(np.int64))
        return _as_array(tracker.step(encoded))

    @torch.inference_mode()
    def introduce(
        self, prepared: DividedFrame, mask: UInt8[np.ndarray, "mask_H mask_W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Segment the next frame, in which some objects are given.

        The frame is segmented as by `step`, with superpixels split along the borders of the given mask. The
        given mask is then written over the result and remembered like the first frame.

        Parameters
        ----------
        prepared : DividedFrame
            From `prepare`.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 means not given, 1..254 are objects, at least one, known or new. In
            this frame, an object of the mask is there and nowhere else.

        Returns
        -------
        UInt8[numpy.ndarray, "H W"]
            Labels of all masks so far.

        Raises
        ------
        InputError
            As `start` for the mask, as `step` for the rest.
        """
        tracker = self._started(prepared)
        _check_mask(mask, prepared.pixels)
        split, labels = split_along_mask(prepared.superpixel_map, mask)
        return _as_array(
            tracker.introduce(
                self._features.encode(prepared.pixels, split),
                self._on_device(mask.astype(np.int64)),
                self._on_device(labels),
            )
        )

    def _tracker_of(
        self, first: EncodedFrame, mask: Int64[Tensor, "H W"], labels: Int64[Tensor, " R"]
    ) -> ObjectTracker:
        config, refiner = self._memory_config, self._features.refiner()
        if isinstance(config, FusedMemoryConfig) and config.is_fused:
            assert isinstance(first, DescribedFrame)
            return FusedTracker(config, first, mask, labels, refiner)
        return ObjectTracker(config, first, mask, labels, refiner)

    def _started(self, prepared: DividedFrame) -> ObjectTracker:
        if self._tracker is None:
            raise InputError("expected start() with a first frame and its mask before step()")
        if (shape := prepared.pixels.shape) != self._shape:
            raise InputError(f"expected a frame of shape {self._shape} as the first one, got {shape}")
        return self._tracker

    def _on_device(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, device=self._features.device)


def _check_mask(mask: UInt8[np.ndarray, "mask_H mask_W"], frame: UInt8[np.ndarray, "H W 3"]) -> None:
    if mask.shape != frame.shape[:2]:
        raise InputError(f"expected a mask of shape {frame.shape[:2]}, got {mask.shape}")
    if not mask.any():
        raise InputError("expected a mask with at least one object, got background only")
    if mask.max() == 255:
        raise InputError("expected object labels 1..254 in a mask, got 255 (void)")


def _as_array(tracked: TrackedFrame) -> UInt8[np.ndarray, "H W"]:
    mask: UInt8[np.ndarray, "H W"] = tracked.mask.cpu().numpy()
    return mask
