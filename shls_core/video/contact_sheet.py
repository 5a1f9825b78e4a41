"""A contact sheet: an overview of a video, collected while its frames are processed."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.whole_file import write_whole


class ContactSheet:
    """Keeps a few evenly spread pictures of a video of unknown length.

    It takes every picture, then every second, every fourth, …: whenever it is full, it drops every other one.

    Parameters
    ----------
    columns, rows : int
        Largest number of pictures across and down.
    width_px : int
        Width of each picture.

    Examples
    --------
    >>> sheet = ContactSheet(columns=2, rows=1, width_px=4)
    >>> for value in range(9):
    ...     sheet.add(np.full((2, 4, 3), value, np.uint8))
    >>> sheet.image()[0, ::4, 0].tolist()
    [0, 8]
    """

    def __init__(self, columns: int = 4, rows: int = 3, width_px: int = 320) -> None:
        self._columns, self._most, self._width_px = columns, columns * rows, width_px
        self._pictures: list[UInt8[np.ndarray, "h w 3"]] = []
        self._step = 1
        self._seen = 0

    def add(self, picture: UInt8[np.ndarray, "H W 3"]) -> None:
        """Add the next picture, or skip it; all have one size."""
        number = self._seen
        self._seen += 1
        if number % self._step:
            return
        if len(self._pictures) == self._most:
            self._pictures = self._pictures[::2]
            self._step *= 2
            if number % self._step:
                return
        height, width = picture.shape[:2]
        size = (self._width_px, max(1, round(height * self._width_px / width)))
        self._pictures.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))

    def image(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return the pictures kept, in rows; empty places are black.

        Raises
        ------
        InputError
            If no picture was added.
        """
        if not self._pictures:
            raise InputError("expected at least one picture for a contact sheet, got none")
        blank = np.zeros_like(self._pictures[0])
        columns = min(self._columns, len(self._pictures))
        places = -(-len(self._pictures) // columns) * columns
        pictures = self._pictures + [blank] * (places - len(self._pictures))
        return np.vstack([np.hstack(pictures[row : row + columns]) for row in range(0, places, columns)])


def write_picture(path: Path, picture: UInt8[np.ndarray, "H W 3"]) -> None:
    """Write an RGB picture as PNG, atomically.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    _, encoded = cv2.imencode(".png", picture[..., ::-1])
    write_whole(path, encoded.tobytes())
