"""Segments a video from masks that are given at several frames."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.videos.frame import Frame
from shls_core.propagation.video_segmenter import VideoSegmenter, check_mask_size


def segment_from_masks(
    segmenter: VideoSegmenter, frames: Iterable[Frame], masks: Mapping[int, UInt8[np.ndarray, "_ _"]]
) -> Iterator[tuple[Frame, UInt8[np.ndarray, "H W"]]]:
    """Yield every frame of a video with its labels; memory use does not grow with its length.

    A damaged frame has the labels of the frame before it: it is not segmented, so that nothing is learned
    from a picture that was not recorded.

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
        If a mask or a frame cannot be used, or the frame of a mask is damaged; at the end, if there was no
        frame for a mask.
    """
    start = min(masks)
    coming, in_work, num_done = iter(frames), deque[Frame](), 0
    for num_done, frame in enumerate(islice(coming, start), 1):
        if num_done == 1:  # fail before any result is made, not when the mask is reached
            check_mask_size(masks[start], frame.pixels.shape)
        yield frame, np.zeros(frame.pixels.shape[:2], np.uint8)

    whole = _WholeFrames(masks, start)

    def pixels(first: Frame) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        for frame in chain((first,), coming):
            in_work.append(frame)
            if whole.has(frame):
                yield frame.pixels

    def damaged() -> Iterator[Frame]:
        while in_work and in_work[0].is_damaged:
            yield in_work.popleft()

    first = next(coming, None)
    if first is not None:
        before = masks[start]
        for labels in segmenter.segment(pixels(first), before, whole):
            for frame in damaged():
                num_done += 1
                yield frame, before
            num_done += 1
            yield in_work.popleft(), labels
            before = labels
        for frame in damaged():
            num_done += 1
            yield frame, before
    if num_done <= max(masks):
        raise InputError(
            f"expected a frame for every mask, got {num_done} frames and a mask of number {max(masks)}"
        )


class _WholeFrames(Mapping[int, UInt8[np.ndarray, "_ _"]]):
    """Masks by the number of their frame among those from `start` on that are not damaged."""

    def __init__(self, masks: Mapping[int, UInt8[np.ndarray, "_ _"]], start: int) -> None:
        self._masks, self._next = masks, start
        self._numbers: dict[int, int] = {}
        self._num_whole = 0

    def has(self, frame: Frame) -> bool:
        """Count the next frame of the video; return whether it is whole."""
        number, self._next = self._next, self._next + 1
        if frame.is_damaged:
            if number in self._masks:
                raise InputError(
                    f"expected a frame that can be read for every mask, got a mask of {frame.name}, which is "
                    "damaged"
                )
            return False
        if number in self._masks:
            self._numbers[self._num_whole] = number
        self._num_whole += 1
        return True

    def __getitem__(self, place: int) -> UInt8[np.ndarray, "_ _"]:
        return self._masks[self._numbers[place]]

    def __contains__(self, place: object) -> bool:
        return place in self._numbers

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
