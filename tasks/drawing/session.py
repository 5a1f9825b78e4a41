"""One session of drawing: a clip, its pieces, its masks. It knows no server and no browser."""

import threading
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import davis_palette
from shls_core.files.pictures.jpeg_frames import encode_frame
from shls_core.files.videos.video import Video
from shls_core.saliency.salient_object import SalientObject, most_salient_object
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map
from tasks.drawing.frame_reader import FrameReader, count_of_frames
from tasks.drawing.mask_places import MaskPlaces

USUAL_PIECES = 400
MOST_OBJECTS = 254
"""255 is void."""

_COARSER, _FINER = 2, 4
_LEAST_PIECE_PX = 12
_MOST_PIECES = 32_767
_VOID = 255


class DrawingSession:
    """What the page shows and saves.

    Parameters
    ----------
    video : Video
        The clip.
    places : MaskPlaces
        Where masks go; those of an earlier session are taken up.
    num_pieces : int
        Superpixels of a frame at the level that the page begins with; other levels halve and double it.
    first_shown : int
        Number of the frame that the page begins with.

    Raises
    ------
    InputError
        If the clip has no such frame, or a mask of an earlier session is not of this clip.
    """

    def __init__(
        self, video: Video, places: MaskPlaces, num_pieces: int = USUAL_PIECES, first_shown: int = 0
    ) -> None:
        self.video, self.places, self.first_shown = video, places, first_shown
        self.frames = FrameReader(video)
        self.levels, self.usual_level = piece_levels(num_pieces, self._num_pixels())
        self._saving = threading.Lock()
        self.pieces = lru_cache(maxsize=8)(self._pieces)
        self.salient_object = lru_cache(maxsize=4)(self._salient_object)
        self._take_up()
        self.frames[first_shown]

    def facts(self) -> dict[str, Any]:
        """Return what the page has to know at its start."""
        height, width = self.frames[0].pixels.shape[:2]
        return {
            "clip": self.video.path.name or str(self.video.path),
            "out": str(self.places.out),
            "width": width,
            "height": height,
            "num_frames": count_of_frames(self.video),
            "first_shown": self.first_shown,
            "levels": list(self.levels),
            "usual_level": self.usual_level,
            "palette": davis_palette()[: MOST_OBJECTS + 1].tolist(),
            "saved": self.saved(),
        }

    def frame_facts(self, number: int) -> dict[str, Any]:
        """Return what the page has to know of a frame besides its picture."""
        return {"is_damaged": self.frames[number].is_damaged}

    def picture(self, number: int) -> bytes:
        """Return a frame as JPEG."""
        return encode_frame(self.frames[number].pixels)

    def mask(self, number: int) -> UInt8[np.ndarray, "H W"]:
        """Return the mask of a frame as it is saved; without one, background."""
        saved = self.places.mask(number)
        return np.zeros(self.frames[number].pixels.shape[:2], np.uint8) if saved is None else saved

    def save(self, number: int, labels: bytes) -> None:
        """Save the mask of a frame.

        Parameters
        ----------
        number
            The frame.
        labels
            A byte for each pixel, row by row: 0 background, 1..254 objects.

        Raises
        ------
        InputError
            If it is no mask of the frame, or cannot be written.
        """
        frame = self.frames[number]
        height, width = frame.pixels.shape[:2]
        if len(labels) != height * width:
            raise InputError(
                f"expected a mask of {width}x{height}, {height * width} bytes, got {len(labels)} bytes"
            )
        mask = np.frombuffer(labels, np.uint8).reshape(height, width)
        if mask.max() > MOST_OBJECTS:
            raise InputError(f"expected object labels 1..{MOST_OBJECTS}, got {mask.max()}")
        with self._saving:
            self.places.save(number, frame.name, mask)

    def saved(self) -> list[dict[str, Any]]:
        """Return what is saved: frame, file and the share of each object."""
        return [
            {"frame": one.frame, "path": str(one.path), "shares": {str(k): v for k, v in one.shares.items()}}
            for one in self.places.saved
        ]

    def _pieces(self, number: int, level: int) -> UInt16[np.ndarray, "H W"]:
        """Return the superpixels of a frame at one of the levels, labels 0..R-1."""
        if not 0 <= level < len(self.levels):
            raise InputError(f"expected a level 0..{len(self.levels) - 1}, got {level}")
        config = SuperpixelConfig(num_superpixels=self.levels[level])
        return superpixel_map(self.frames[number].pixels, config)

    def _salient_object(self, number: int) -> SalientObject:
        """Return the most salient object of a frame.

        Raises
        ------
        InputError
            If nothing stands out.
        """
        return most_salient_object(self.frames[number].pixels)

    def _num_pixels(self) -> int:
        height, width = self.frames[0].pixels.shape[:2]
        return int(height * width)

    def _take_up(self) -> None:
        first = self.frames[0]
        self.places.read_existing(self.video, first.name)
        for one in self.places.saved:
            mask = self.places.mask(one.frame)
            assert mask is not None
            if mask.shape != first.pixels.shape[:2]:
                (rows, columns), (height, width) = mask.shape, first.pixels.shape[:2]
                raise InputError(
                    f"expected a mask of the clip's size, {width}x{height}, got {columns}x{rows}: {one.path}"
                    "; choose another --out"
                )


def piece_levels(num_pieces: int, num_pixels: int) -> tuple[tuple[int, ...], int]:
    """Return the numbers of pieces from coarse to fine, and the place of `num_pieces` among them.

    Examples
    --------
    >>> piece_levels(400, 854 * 480)
    ((100, 200, 400, 800, 1600, 3200, 6400), 2)
    >>> piece_levels(400, 64 * 48)
    ((100, 200, 256), 2)
    """
    most = max(1, min(_MOST_PIECES, num_pixels // _LEAST_PIECE_PX))
    wanted = [num_pieces * 2**step for step in range(-_COARSER, _FINER + 1) if num_pieces >= 2**-step]
    levels = sorted({max(1, min(most, int(number))) for number in wanted})
    return tuple(levels), levels.index(max(1, min(most, num_pieces)))
