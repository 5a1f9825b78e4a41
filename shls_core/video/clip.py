"""Atomic writing of a video file."""

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError


class Clip:
    """An MP4 file that appears at `path` when the block ends without an error.

    Parameters
    ----------
    path : Path
        The file; an existing one is replaced.
    fps : float
        Frames per second.

    Raises
    ------
    InputError
        If the file cannot be written.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._partial = path.with_name(f".partial-{path.name}")
        self._writer: cv2.VideoWriter | None = None

    def __enter__(self) -> "Clip":
        return self

    def add(self, picture: UInt8[np.ndarray, "H W 3"]) -> None:
        """Append a picture, RGB; all have one size."""
        if self._writer is None:
            size = (picture.shape[1], picture.shape[0])
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._partial), codec, self._fps, size)
            if not self._writer.isOpened():
                raise InputError(f"expected to write a video of {size[0]}x{size[1]} to {self._path}, cannot")
        self._writer.write(np.ascontiguousarray(picture[..., ::-1]))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.release()
        if kind is None and self._partial.exists():
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)
