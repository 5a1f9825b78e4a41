"""Reads the frames of a video file or of a folder of images, one at a time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, SampleError
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.decode import decode_image

_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm"})
_FOLDER_FPS = 24.0


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes
    ----------
    name : str
        Stem of the files that belong to it: the image's stem, or the number in the video, from ``00000``.
    pixels : UInt8[numpy.ndarray, "H W 3"]
        RGB.
    """

    name: str
    pixels: UInt8[np.ndarray, "H W 3"]


@dataclass(frozen=True)
class Video:
    """A video, whose frames are read on demand.

    Attributes
    ----------
    path : Path
        A video file, or a folder of images.
    fps : float
        Frames per second; 24 for a folder, which does not state it.
    num_frames : int or None
        Number of frames; None if a file does not state it.
    not_frames : frozenset of str
        Names of images in the folder that are no frames: the masks that a person drew there.
    """

    path: Path
    fps: float
    num_frames: int | None
    not_frames: frozenset[str] = frozenset()

    def frames(self) -> Iterator[Frame]:
        """Read the frames in the order of time; only one is held at a time.

        Raises
        ------
        InputError
            If an image cannot be read, or has another size than the first one.
        """
        found = _images(self.path, self.not_frames) if self.path.is_dir() else _video_frames(self.path)
        shape: tuple[int, ...] | None = None
        for frame in found:
            shape = shape or frame.pixels.shape
            if frame.pixels.shape != shape:
                raise InputError(
                    f"expected frames of one size, {_size(shape)}, got {_size(frame.pixels.shape)} "
                    f"({self.path}, frame {frame.name})"
                )
            yield frame


def open_video(path: Path, masks: Collection[Path] = ()) -> Video:
    """Open a video file or a folder of images.

    The images of a folder are sorted by name, numbers in names by their value: ``frame2`` before ``frame10``.
    Those of them that are among `masks` are no frames.

    Raises
    ------
    InputError
        If there is nothing at `path` that can be read as a video, or two images differ in their suffix only.
    """
    if path.is_dir():
        not_frames = frozenset(mask.name for mask in masks if mask.parent.resolve() == path.resolve())
        return Video(path, _FOLDER_FPS, _count_frames(path, not_frames), not_frames)
    if not path.is_file():
        raise InputError(f"expected a video file or a folder of frames, found none at {path}")
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened() or not capture.grab():
            raise InputError(f"expected a video, cannot read any frame of {path}")
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    return Video(path, fps if 0 < fps < 1000 else _FOLDER_FPS, int(count) if count > 0 else None)


def frame_numbers(video: Video, names: Sequence[str]) -> list[int]:
    """Return the numbers, from 0, of the frames that have these names.

    Raises
    ------
    InputError
        If there is no frame with such a name.
    """
    if video.path.is_dir():
        known = {
            Path(name).stem: number for number, name in enumerate(_image_names(video.path, video.not_frames))
        }
        numbers = [known.get(name) for name in names]
    else:
        numbers = [int(name) if name.isdecimal() else None for name in names]
    found = []
    for name, number in zip(names, numbers, strict=True):
        if number is None or (video.num_frames is not None and number >= video.num_frames):
            raise InputError(f"expected the name of a frame, got {name}, which is none of {video.path}")
        found.append(number)
    return found


def _count_frames(folder: Path, not_frames: frozenset[str]) -> int:
    """Return the number of frames in a folder; there is at least one, and one image for each."""
    names: dict[str, str] = {}
    for name in _image_names(folder, not_frames):
        other = names.setdefault(Path(name).stem, name)
        if other != name:
            raise InputError(f"expected one image for every frame, got {other} and {name} in {folder}")
    if not names:
        raise InputError(f"expected frames as images in {folder}, found none")
    return len(names)


def _images(folder: Path, not_frames: frozenset[str]) -> Iterator[Frame]:
    for name in _image_names(folder, not_frames):
        path = folder / name
        try:
            yield Frame(path.stem, decode_image(path.read_bytes(), max_side=None))
        except SampleError as error:
            raise InputError(f"expected a frame, cannot read {path}: {error.reason}") from error


def _image_names(folder: Path, not_frames: frozenset[str]) -> list[str]:
    images = (path.name for path in folder.iterdir() if path.suffix.lower() in _IMAGE_SUFFIXES)
    return sorted(
        (name for name in images if not name.startswith(".") and name not in not_frames),
        key=by_value_of_numbers,
    )


def _video_frames(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    try:
        number = 0
        while True:
            found, pixels = capture.read()
            if not found:
                return
            yield Frame(f"{number:05d}", np.ascontiguousarray(pixels[..., ::-1]))
            number += 1
    finally:
        capture.release()


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
