"""Segments a video from masks that are given at several frames."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.propagation.video_segmenter import VideoSegmenter, check_mask_size
from shls_core.video.frames import Frame


def segment_from_masks(
    segmenter: VideoSegmenter, frames: Iterable[Frame], masks: Mapping[int, UInt8[np.ndarray, "_ _"]]
) -> Iterator[tuple[Frame, UInt8[np.ndarray, "H W"]]]:
    """Yield every frame of a video with its labels; memory use does not grow with its length.

    Parameters
    ----------
    segmenter
        Segments the video.
    frames
        In the order of time.
    masks
        By number of the frame, from 0, at least one. Frames before the first mask are background; later masks
        give objects, as for `VideoSegmenter.introduce`. A mask is read when its frame is reached.

    Raises
    ------
    InputError
        If a mask or a frame cannot be used; at the end, if there was no frame for a mask.
    """
    start = min(masks)
    coming, in_work, num_done = iter(frames), deque[Frame](), 0
    for num_done, frame in enumerate(islice(coming, start), 1):
        if num_done == 1:  # fail before any result is made, not when the mask is reached
            check_mask_size(masks[start], frame.pixels.shape)
        yield frame, np.zeros(frame.pixels.shape[:2], np.uint8)

    def pixels(first: Frame) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        for frame in chain((first,), coming):
            in_work.append(frame)
            yield frame.pixels

    first = next(coming, None)
    if first is not None:
        for labels in segmenter.segment(pixels(first), masks[start], _Since(masks, start)):
            num_done += 1
            yield in_work.popleft(), labels
    if num_done <= max(masks):
        raise InputError(
            f"expected a frame for every mask, got {num_done} frames and a mask of number {max(masks)}"
        )


class _Since(Mapping[int, UInt8[np.ndarray, "_ _"]]):
    """Masks by the number of their frame, counted from the frame `start`."""

    def __init__(self, masks: Mapping[int, UInt8[np.ndarray, "_ _"]], start: int) -> None:
        self._masks, self._start = masks, start

    def __getitem__(self, number: int) -> UInt8[np.ndarray, "_ _"]:
        return self._masks[number + self._start]

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number + self._start in self._masks

    def __iter__(self) -> Iterator[int]:
        return (number - self._start for number in self._masks)

    def __len__(self) -> int:
        return len(self._masks)
