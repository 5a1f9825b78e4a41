"""The interface of every method that segments videos, and a function that runs a video through it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

Stored = Mapping[str, np.ndarray]
"""What a dataset stores of one frame besides pixels and mask, by column: ``superpixel_maps``."""
NOTHING_STORED: Stored = MappingProxyType({})


@runtime_checkable
class MaskPropagator(Protocol):
    """A method that carries the mask of a first frame through a video, one frame at a time."""

    def prepare(self, frame: UInt8[np.ndarray, "H W 3"], stored: Stored = NOTHING_STORED) -> Any:
        """Return what the method needs of an RGB frame and what depends on no other frame.

        It may be called in another thread, one frame ahead, and does not change the state of a video.

        Parameters
        ----------
        frame : UInt8[numpy.ndarray, "H W 3"]
            RGB.
        stored : Mapping of str to numpy.ndarray
            Stored values of the frame, which need not be computed again.
        """

    def start(self, prepared: Any, mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Start a video with its first frame; the state of an earlier video is dropped."""

    def step(self, prepared: Any) -> UInt8[np.ndarray, "H W"]:
        """Return the mask of the next frame."""

    def introduce(self, prepared: Any, mask: UInt8[np.ndarray, "mask_H mask_W"]) -> UInt8[np.ndarray, "H W"]:
        """Return the mask of the next frame, in which `mask` gives some objects, known ones or new.

        In `mask`, 0 means not given. In this frame, an object of `mask` is there and nowhere else.
        """


def propagate(
    propagator: MaskPropagator,
    frames: UInt8[np.ndarray, "T H W 3"],
    first_mask: UInt8[np.ndarray, "mask_H mask_W"],
    stored: Stored = NOTHING_STORED,
) -> UInt8[np.ndarray, "T H W"]:
    """Segment a whole video that fits in memory.

    Parameters
    ----------
    propagator : MaskPropagator
    frames : UInt8[numpy.ndarray, "T H W 3"]
        RGB.
    first_mask : UInt8[numpy.ndarray, "mask_H mask_W"]
        Of the first frame.
    stored : Mapping of str to numpy.ndarray
        Stored values of all frames, by column; the first axis counts frames.

    Returns
    -------
    UInt8[numpy.ndarray, "T H W"]
        Labels of `first_mask` in every frame; the first is `first_mask` itself.
    """

    def prepared(time: int) -> Any:
        return propagator.prepare(frames[time], {name: values[time] for name, values in stored.items()})

    propagator.start(prepared(0), first_mask)
    later = [propagator.step(prepared(time)) for time in range(1, len(frames))]
    return np.stack([first_mask, *later])


def copy_first_mask(mask: UInt8[np.ndarray, "H W"], num_frames: int) -> UInt8[np.ndarray, "T H W"]:
    """Return the baseline that any method has to beat: the first mask for every frame."""
    return np.repeat(mask[None], num_frames, axis=0)
