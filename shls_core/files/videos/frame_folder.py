"""A folder of pictures as a video: which files are frames, in which order, and what is left out."""

import filecmp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, SampleError
from shls_core.files.droppings import is_dropping
from shls_core.files.foreign_file import LARGEST_PICTURE, read_regular
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.folders import check_one_each
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.frame import Frame
from shls_core.files.videos.moving_pictures import num_pictures

_MOST_NAMED = 5
_MOST_COLOURS_OF_A_MASK = 32
_SAMPLED_PER_SIDE = 32


@dataclass(frozen=True)
class FrameFolder:
    """The frames of a folder.

    Attributes
    ----------
    path : Path
        The folder.
    names : tuple of str
        Files that are frames, in the order of time.
    notes : tuple of str
        Lines about what is left out.
    """

    path: Path
    names: tuple[str, ...]
    notes: tuple[str, ...]

    def frames(self, findings: Findings) -> Iterator[Frame]:
        """Yield the frames; only one is held at a time.

        Raises
        ------
        InputError
            If a picture cannot be read, is an animation, or has another size than the first one.
        """
        shape: tuple[int, ...] | None = None
        like_masks = []
        for name in self.names:
            frame = _frame(self.path / name)
            shape = shape or frame.pixels.shape
            if frame.pixels.shape != shape:
                raise InputError(
                    f"expected frames of one size, {shape[1]}x{shape[0]}, got {frame.pixels.shape[1]}x"
                    f"{frame.pixels.shape[0]} ({self.path}, frame {frame.name})"
                )
            findings.num_read += 1
            if has_colours_of_a_mask(frame.pixels):
                like_masks.append(name)
            yield frame
        if like_masks and 2 * len(like_masks) < len(self.names):
            findings.note(
                f"taken as frame, with the few colours of a mask: {_listed(like_masks)}; --mask names masks"
            )


def frame_folder(path: Path, without: Sequence[Path] = ()) -> FrameFolder:
    """Return the frames of a folder: its pictures, numbers in names by their value.

    Parameters
    ----------
    path : Path
        The folder; folders in it are not entered.
    without : sequence of Path
        Files that are given in another role (masks): they, and copies of them, are no frames. A folder stands
        for the files in it.

    Raises
    ------
    InputError
        If there is no frame, two pictures differ in their suffix only, or the folder is given in both roles.
    """
    if any(given.is_dir() and given.samefile(path) for given in without):
        raise InputError(
            "expected masks in a folder of their own, or named one by one, got the folder of the frames: "
            f"{path}"
        )
    pictures, masks, others = [], [], []
    for entry in sorted(_entries(path), key=lambda entry: by_value_of_numbers(entry.name)):
        if is_dropping(entry.name):
            continue
        if not is_picture_name(entry.name) or not entry.is_file():
            others.append(entry.name)
        elif _is_among(entry, without):
            masks.append(entry.name)
        else:
            pictures.append(entry.name)
    if not pictures:
        raise InputError(f"expected frames as images in {path}, found none{_besides(masks, others)}")
    check_one_each(pictures, path)
    return FrameFolder(path, tuple(pictures), tuple(_notes(masks, others)))


def has_colours_of_a_mask(pixels: UInt8[np.ndarray, "H W 3"]) -> bool:
    """Whether a picture has 2 to 32 colours, as masks have; a picture of one colour is a fade or a blank."""
    every = (max(1, side // _SAMPLED_PER_SIDE) for side in pixels.shape[:2])
    rows, columns = (slice(None, None, step) for step in every)
    return all(
        least <= _num_colours(some) <= _MOST_COLOURS_OF_A_MASK
        for least, some in ((1, pixels[rows, columns]), (2, pixels))
    )


def _num_colours(pixels: UInt8[np.ndarray, "H W 3"]) -> int:
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return len(np.unique(red << 16 | green << 8 | blue))


def _entries(path: Path) -> list[Path]:
    try:
        return list(path.iterdir())
    except OSError as error:
        raise InputError(
            f"expected a folder of frames, cannot list {path}: {error.strerror or error}"
        ) from error


def _is_among(entry: Path, without: Sequence[Path]) -> bool:
    """Whether a picture is one of the given files or has its bytes."""
    for given in without:
        files = (given / entry.name,) if given.is_dir() else (given,)
        for file in files:
            if file.is_file() and (file.samefile(entry) or filecmp.cmp(file, entry, shallow=False)):
                return True
    return False


def _notes(masks: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    if masks:
        yield f"taken as mask, not as frame: {_listed(masks)}"
    if others:
        files = "1 entry is no frame" if len(others) == 1 else f"{len(others)} entries are no frames"
        yield f"{files} and left out: {_listed(others)}"


def _besides(masks: Sequence[str], others: Sequence[str]) -> str:
    return f" ({'; '.join(_notes(masks, others))})" if masks or others else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _frame(path: Path) -> Frame:
    number = num_pictures(path)
    if number > 1:
        raise InputError(f"expected a picture for every frame, got {number} pictures in one file: {path}")
    try:
        return Frame(path.stem, decode_image(read_regular(path, LARGEST_PICTURE), max_side=None))
    except SampleError as error:
        raise InputError(f"expected a frame, cannot read {path}: {error.reason}") from error
    except OSError as error:
        raise InputError(f"expected a frame, cannot read {path}: {error.strerror or error}") from error
