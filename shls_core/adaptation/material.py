"""The frames that a network learns from: evenly spread over a video of any length, and few."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

MOST_FRAMES = 128
"""Most frames that are kept besides those in which objects are given first; shorter videos are kept whole."""


@dataclass(frozen=True)
class LearningFrame:
    """A frame and its labels, at the size at which the network works.

    Attributes
    ----------
    number : int
        Of the frame, counted from the first given mask.
    pixels : UInt8[np.ndarray, "S S 3"]
        RGB.
    classes : UInt8[np.ndarray, "S S"]
        0 background, then the objects in the order in which they were given.
    num_classes : int
        Background and the objects that were given up to this frame.
    is_given : bool
        Whether a mask was given for the frame.
    """

    number: int
    pixels: UInt8[np.ndarray, "S S 3"]
    classes: UInt8[np.ndarray, "S S"]
    num_classes: int
    is_given: bool


class LearningMaterial:
    """Collects frames while masks are propagated; memory use does not grow with the length of the video.

    It takes every frame, then every second, every fourth, …: whenever it is full, it drops every other one.
    The frames in which objects are given first are always kept.

    Parameters
    ----------
    size : int
        Side in px of the squares that frames are resized to.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._spread: list[LearningFrame] = []
        self._step = 1
        self.labels: list[int] = []
        """Labels of the objects, in the order in which they were given."""
        self.first_given: dict[int, LearningFrame] = {}
        """The frame in which each object was given first, by label."""
        self.num_frames = 0
        """Number of frames added so far."""

    def add(
        self,
        pixels: UInt8[np.ndarray, "H W 3"],
        labels: UInt8[np.ndarray, "H W"],
        given: UInt8[np.ndarray, "H W"] | None,
    ) -> None:
        """Add the next frame with its propagated labels, and the mask that was given for it, if any."""
        new: list[int] = []
        if given is not None:
            new = [int(label) for label in np.unique(given[given > 0]) if int(label) not in self.labels]
            self.labels += new
        number = self.num_frames
        self.num_frames += 1
        is_due = number % self._step == 0
        if is_due and len(self._spread) == MOST_FRAMES:
            self._spread = self._spread[::2]
            self._step *= 2
            is_due = number % self._step == 0
        if not (is_due or new):
            return
        frame = LearningFrame(
            number=number,
            pixels=resized_frame(pixels, self._size),
            classes=self._classes(labels),
            num_classes=1 + len(self.labels),
            is_given=given is not None,
        )
        self.first_given |= dict.fromkeys(new, frame)
        if is_due:
            self._spread.append(frame)

    def frames(self) -> list[LearningFrame]:
        """Return the frames kept, in the order of time."""
        kept = {frame.number: frame for frame in (*self.first_given.values(), *self._spread)}
        return [kept[number] for number in sorted(kept)]

    def _classes(self, labels: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "S S"]:
        table = np.zeros(256, np.uint8)
        table[self.labels] = np.arange(1, 1 + len(self.labels))
        small = cv2.resize(labels, (self._size, self._size), interpolation=cv2.INTER_NEAREST)
        classes: UInt8[np.ndarray, "S S"] = table[small]
        return classes


def resized_frame(pixels: UInt8[np.ndarray, "H W 3"], size: int) -> UInt8[np.ndarray, "S S 3"]:
    """Resize a frame to a square."""
    shrinks = min(pixels.shape[:2]) >= size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=how))
