"""What every method that segments videos offers, and how a video is run through it."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8, UInt16


@runtime_checkable
class MaskPropagator(Protocol):
    """A method that carries the mask of a first frame through a video, one frame at a time."""

    def start(
        self,
        frame: UInt8[np.ndarray, "H W 3"],
        superpixel_map: UInt16[np.ndarray, "H W"],
        mask: UInt8[np.ndarray, "mask_H mask_W"],
    ) -> None:
        """Begin a video; whatever was known of an earlier one is forgotten."""

    def step(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: UInt16[np.ndarray, "H W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the mask of the next frame."""

    def introduce(
        self,
        frame: UInt8[np.ndarray, "H W 3"],
        superpixel_map: UInt16[np.ndarray, "H W"],
        mask: UInt8[np.ndarray, "mask_H mask_W"],
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the mask of the next frame, of which `mask` gives some objects: new ones, or known ones.

        Where `mask` is 0 it says nothing. An object that it names is where it says and nowhere else.
        """


def propagate(
    propagator: MaskPropagator,
    frames: UInt8[np.ndarray, "T H W 3"],
    superpixel_maps: UInt16[np.ndarray, "T H W"],
    first_mask: UInt8[np.ndarray, "mask_H mask_W"],
) -> UInt8[np.ndarray, "T H W"]:
    """Segment a whole video that fits in memory.

    Returns
    -------
    UInt8[numpy.ndarray, "T H W"]
        Labels of `first_mask` in every frame; the first is `first_mask` itself.
    """
    propagator.start(frames[0], superpixel_maps[0], first_mask)
    later = [
        propagator.step(frame, labels) for frame, labels in zip(frames[1:], superpixel_maps[1:], strict=True)
    ]
    return np.stack([first_mask, *later])


def copy_first_mask(mask: UInt8[np.ndarray, "H W"], num_frames: int) -> UInt8[np.ndarray, "T H W"]:
    """Return the baseline that any method has to beat: the first mask for every frame."""
    return np.repeat(mask[None], num_frames, axis=0)
