"""Segmenting a video from nothing but its frames: superpixels and sizes are taken care of."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
from jaxtyping import UInt8, UInt16

from shls_core.errors import InputError
from shls_core.photographs.images import shrink_to_side
from shls_core.propagation.interface import MaskPropagator
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

# 4,000 superpixels at 480p are best in the paper's ablation; other sizes get superpixels of the same area.
_PIXELS_PER_SUPERPIXEL = 480 * 854 / 4000
_FEWEST, _MOST = 100, 32_767


@dataclass(frozen=True)
class PreparedFrame:
    """A frame at the size it is worked on, with its superpixels."""

    pixels: UInt8[np.ndarray, "h w 3"]
    superpixel_map: UInt16[np.ndarray, "h w"]
    full_size: tuple[int, int]


class VideoSegmenter:
    """Carries the masks of a first frame through a video.

    All that is known of a video is in here; `start` forgets the one before.

    Parameters
    ----------
    propagator : MaskPropagator
        The method, for example a `Propagator` with a trained network.
    superpixels : SuperpixelConfig
        How frames are divided; its own number does not count.
    num_superpixels : int or None
        Superpixels of a frame; None: one for about 100 px, 4,000 at 854x480. The watershed finds as many as
        the frame has, and takes no number.
    max_side : int or None
        Longest side in px at which frames are worked on; masks come back at the size of the frames. None: as
        they are.

    Raises
    ------
    InputError
        If there is a number for a segmenter that takes none.

    Examples
    --------
    >>> from shls_core.methods.shls.memory.config import MemoryConfig
    >>> from shls_core.methods.shls.network.config import NetworkConfig
    >>> from shls_core.methods.shls.network.shls_network import new_network
    >>> from shls_core.methods.shls.propagator import Propagator
    >>> network = new_network(NetworkConfig(width_multiplier=0.125), seed=0)
    >>> segmenter = VideoSegmenter(Propagator(network, MemoryConfig()))
    >>> frame = np.zeros((48, 64, 3), np.uint8)
    >>> frame[10:30, 10:30] = 255
    >>> mask = (frame[..., 0] > 0).astype(np.uint8)
    >>> segmenter.start(frame, mask)
    >>> bool((segmenter.step(frame) == mask).all())
    True
    """

    def __init__(
        self,
        propagator: MaskPropagator,
        superpixels: SuperpixelConfig | None = None,
        num_superpixels: int | None = None,
        max_side: int | None = None,
    ) -> None:
        self._propagator = propagator
        self._superpixels = superpixels or SuperpixelConfig()
        check_number(self._superpixels, num_superpixels)
        self._num_superpixels = num_superpixels
        self._max_side = max_side
        self._full_size: tuple[int, int] | None = None

    def start(self, frame: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Begin a video with its first frame, RGB, and the labels there: 0 background, 1..K objects.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object, loses one when it is brought down to
            the working size, or holds 255.
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
        """Return the labels of the next frame, of which `mask` gives some objects: new ones, or known ones.

        Where `mask` is 0 it says nothing. An object that it names is where it says and nowhere else.

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
        """Yield the labels of every frame, those of the first one as given.

        The next frame is read and divided into superpixels while the network works on the current one; no
        more than two are held.

        Parameters
        ----------
        frames
            RGB, of one size.
        first_mask
            Labels of the first frame.
        later_masks
            By number of the frame, the first being 0: objects that are given there, as to `introduce`. A mask
            is looked up when its frame comes.
        """
        later = later_masks or {}
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
        """Bring a frame to the working size and divide it into superpixels."""
        pixels = shrink_to_side(frame, self._max_side)
        number = self._num_superpixels or _usual_number(pixels.shape[0] * pixels.shape[1])
        config = self._superpixels.model_copy(update={"num_superpixels": number})
        return PreparedFrame(pixels, superpixel_map(pixels, config), (frame.shape[0], frame.shape[1]))

    def _start(self, prepared: PreparedFrame, mask: UInt8[np.ndarray, "_ _"]) -> None:
        self._propagator.start(prepared.pixels, prepared.superpixel_map, _at_working_size(mask, prepared))
        self._full_size = prepared.full_size

    def _step(self, prepared: PreparedFrame) -> UInt8[np.ndarray, "H W"]:
        self._check_size(prepared)
        mask = self._propagator.step(prepared.pixels, prepared.superpixel_map)
        return _resized(mask, prepared.full_size)

    def _introduce(
        self, prepared: PreparedFrame, given: UInt8[np.ndarray, "_ _"]
    ) -> UInt8[np.ndarray, "H W"]:
        self._check_size(prepared)
        working = _at_working_size(given, prepared)
        mask = _resized(
            self._propagator.introduce(prepared.pixels, prepared.superpixel_map, working), prepared.full_size
        )
        # Back at full size, what was given has its own borders again, and not those of smaller pixels.
        named = np.unique(given[given > 0])
        return np.where(given > 0, given, np.where(np.isin(mask, named), 0, mask)).astype(np.uint8)

    def _check_size(self, prepared: PreparedFrame) -> None:
        """Refuse what has the working size of the first frame, and is not of its size."""
        if self._full_size not in (None, prepared.full_size):
            told = _told(self._full_size)
            raise InputError(f"expected a frame of {told} as the first one, got {_told(prepared.full_size)}")


def check_number(superpixels: SuperpixelConfig, num_superpixels: int | None) -> None:
    """Raise InputError where a number of superpixels would be ignored."""
    if superpixels.is_adaptive and num_superpixels is not None:
        raise InputError(
            f"expected no number of superpixels with {superpixels.segmenter}, which finds as many as a frame "
            f"has, got {num_superpixels}"
        )


def check_mask_size(mask: UInt8[np.ndarray, "_ _"], shape: tuple[int, ...]) -> None:
    """Raise InputError where a mask has not the height and width of frames of `shape`."""
    if mask.shape != shape[:2]:
        raise InputError(f"expected a mask of the frame's size, {_told(shape)}, got {_told(mask.shape)}")


def _at_working_size(mask: UInt8[np.ndarray, "_ _"], prepared: PreparedFrame) -> UInt8[np.ndarray, "h w"]:
    """Bring a mask that was given to the size of the frame that it is worked on."""
    check_mask_size(mask, prepared.full_size)
    working = _resized(mask, prepared.pixels.shape[:2])
    lost = np.setdiff1d(mask[mask > 0], working)
    if lost.size:
        raise InputError(
            f"expected objects that can be seen at {_told(working.shape)}, object {int(lost[0])} cannot: "
            "work at a larger size"
        )
    return working


def _usual_number(num_pixels: int) -> int:
    return min(max(round(num_pixels / _PIXELS_PER_SUPERPIXEL), _FEWEST), _MOST)


def _resized(mask: UInt8[np.ndarray, "_ _"], size: tuple[int, ...]) -> UInt8[np.ndarray, "H W"]:
    if mask.shape == size:
        return mask
    height, width = size
    resized: UInt8[np.ndarray, "H W"] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return resized


def _told(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
