"""Segments a video with any method; handles sizes, reading ahead and the checks of masks."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.propagation.interface import MaskPropagator


@dataclass(frozen=True)
class PreparedFrame:
    """A frame at its working size, prepared for the propagator."""

    prepared: Any
    working_size: tuple[int, int]
    full_size: tuple[int, int]


class VideoSegmenter:
    """Carries the masks of a first frame through a video.

    It holds the state of one video; `start` drops that of the video before.

    Parameters
    ----------
    propagator : MaskPropagator
        The method, for example a `SuperpixelMemoryPropagator` with a trained network.
    max_side : int or None
        Longest side in px at which frames are processed; masks are returned at the size of the frames. None:
        the size of the frames.

    Examples
    --------
    >>> from shls_core.propagation.superpixel_memory.config import MemoryConfig
    >>> from shls_core.methods.shls.network.config import NetworkConfig
    >>> from shls_core.methods.shls.network.shls_network import ShlsNetwork
    >>> from shls_core.methods.network_weights import new_network
    >>> from shls_core.methods.shls.propagator import shls_propagator
    >>> from shls_core.superpixels.division import division
    >>> network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)
    >>> segmenter = VideoSegmenter(shls_propagator(network, MemoryConfig(), division()))
    >>> frame = np.zeros((48, 64, 3), np.uint8)
    >>> frame[10:30, 10:30] = 255
    >>> mask = (frame[..., 0] > 0).astype(np.uint8)
    >>> segmenter.start(frame, mask)
    >>> bool((segmenter.step(frame) == mask).all())
    True
    """

    def __init__(self, propagator: MaskPropagator, max_side: int | None = None) -> None:
        self._propagator = propagator
        self._max_side = max_side
        self._full_size: tuple[int, int] | None = None

    def start(self, frame: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Start a video with its first frame, RGB, and the labels there: 0 background, 1..K objects.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object, loses one when it is resized to the
            working size, or holds 255.
        """
        self._start(self.prepare(frame), mask)

    def step(self, frame: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame, RGB, of the size of the first one.

        Raises
        ------
        InputError
            If no video was started, or the frame has another size.
        """
        return self._step(self.prepare(frame))

    def introduce(
        self, frame: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "mask_H mask_W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame, in which `mask` gives some objects, known ones or new.

        In `mask`, 0 means not given. In this frame, an object of `mask` is there and nowhere else.

        Raises
        ------
        InputError
            As `start` for the mask, as `step` for the rest.
        """
        return self._introduce(self.prepare(frame), mask)

    def segment(
        self,
        frames: Iterable[UInt8[np.ndarray, "H W 3"]],
        first_mask: UInt8[np.ndarray, "mask_H mask_W"],
        later_masks: Mapping[int, UInt8[np.ndarray, "_ _"]] | None = None,
    ) -> Iterator[UInt8[np.ndarray, "H W"]]:
        """Yield the labels of every frame; those of the first one are `first_mask`.

        The next frame is read and prepared (SHLS divides it into superpixels) while the network processes the
        current one; at most two are held.

        Parameters
        ----------
        frames
            RGB, of one size.
        first_mask
            Labels of the first frame.
        later_masks
            By number of the frame, the first being 0: the objects given there, as for `introduce`. A mask is
            read when its frame is reached.
        """
        later = {} if later_masks is None else later_masks
        with ThreadPoolExecutor(max_workers=1) as reader:
            coming = iter(frames)

            def next_prepared() -> PreparedFrame | None:
                pixels = next(coming, None)
                return None if pixels is None else self.prepare(pixels)

            current = next_prepared()
            if current is None:
                raise InputError("expected a video of at least one frame, got none")
            upcoming = reader.submit(next_prepared)
            self._start(current, first_mask)
            yield first_mask
            for number in count(1):
                if (current := upcoming.result()) is None:
                    return
                upcoming = reader.submit(next_prepared)
                yield self._introduce(current, later[number]) if number in later else self._step(current)

    def prepare(self, frame: UInt8[np.ndarray, "H W 3"]) -> PreparedFrame:
        """Resize a frame to the working size, and compute what depends on no other frame."""
        pixels = shrink_to_side(frame, self._max_side)
        prepared = self._propagator.prepare(pixels)
        return PreparedFrame(prepared, (pixels.shape[0], pixels.shape[1]), (frame.shape[0], frame.shape[1]))

    def _start(self, frame: PreparedFrame, mask: UInt8[np.ndarray, "_ _"]) -> None:
        self._propagator.start(frame.prepared, _at_working_size(mask, frame))
        self._full_size = frame.full_size

    def _step(self, frame: PreparedFrame) -> UInt8[np.ndarray, "H W"]:
        self._check_size(frame)
        return _resized(self._propagator.step(frame.prepared), frame.full_size)

    def _introduce(self, frame: PreparedFrame, given: UInt8[np.ndarray, "_ _"]) -> UInt8[np.ndarray, "H W"]:
        self._check_size(frame)
        working = _at_working_size(given, frame)
        mask = _resized(self._propagator.introduce(frame.prepared, working), frame.full_size)
        # At full size, given objects have their own borders, not those of the smaller mask.
        named = np.unique(given[given > 0])
        return np.where(given > 0, given, np.where(np.isin(mask, named), 0, mask)).astype(np.uint8)

    def _check_size(self, frame: PreparedFrame) -> None:
        """Reject a frame that has the working size of the first frame but another full size."""
        if self._full_size not in (None, frame.full_size):
            first = _spelled(self._full_size)
            raise InputError(f"expected a frame of {first} as the first one, got {_spelled(frame.full_size)}")


def check_mask_size(mask: UInt8[np.ndarray, "_ _"], shape: tuple[int, ...]) -> None:
    """Raise InputError if a mask does not have the height and width of frames of `shape`."""
    if mask.shape != shape[:2]:
        raise InputError(
            f"expected a mask of the frame's size, {_spelled(shape)}, got {_spelled(mask.shape)}"
        )


def _at_working_size(mask: UInt8[np.ndarray, "_ _"], frame: PreparedFrame) -> UInt8[np.ndarray, "h w"]:
    """Resize a given mask to the working size of its frame."""
    check_mask_size(mask, frame.full_size)
    working = _resized(mask, frame.working_size)
    lost = np.setdiff1d(mask[mask > 0], working)
    if lost.size:
        raise InputError(
            f"expected objects that can be seen at {_spelled(working.shape)}, object {int(lost[0])} cannot: "
            "work at a larger size"
        )
    return working


def _resized(mask: UInt8[np.ndarray, "_ _"], size: tuple[int, ...]) -> UInt8[np.ndarray, "H W"]:
    if mask.shape == size:
        return mask
    height, width = size
    resized: UInt8[np.ndarray, "H W"] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return resized


def _spelled(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
