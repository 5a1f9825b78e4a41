"""Where drawn masks are saved, so that `shls segment --mask` finds them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.videos.video import Video, frame_numbers
from shls_core.video.mask_files import MaskFiles


@dataclass(frozen=True)
class SavedMask:
    """A mask that was saved.

    Attributes
    ----------
    frame : int
        Number of its frame, from 0.
    path : Path
        An indexed PNG of the frame's size.
    shares : dict of int to float
        Share of the frame by object, 0..1.
    """

    frame: int
    path: Path
    shares: dict[int, float]


@dataclass(frozen=True)
class _Drawn:
    """The mask of a frame, and the name of the frame."""

    name: str
    mask: UInt8[np.ndarray, "H W"]


class MaskPlaces:
    """Saves masks: of the first frame in one file, of several frames in a folder, named as their frames.

    With `out` ``first.png``, that file is the mask of the first frame. If another frame has a mask, the
    folder ``first/`` holds the masks of all: `shls segment` reads a lone file as the mask of the first frame.

    Parameters
    ----------
    out : Path
        The file of the first frame's mask, ``.png``; its folder is made when a mask is saved.

    Raises
    ------
    InputError
        If it is no name of a PNG file, or cannot be written.
    """

    def __init__(self, out: Path) -> None:
        if out.suffix.lower() != ".png" or out.is_dir():
            raise InputError(f"expected a file for the mask whose name ends in .png, got {out}")
        there = next(folder for folder in out.absolute().parents if folder.exists())
        if not there.is_dir():
            raise InputError(f"expected a folder at {there}, for {out}, got a file")
        self.out, self.folder = out, out.with_suffix("")
        self._drawn: dict[int, _Drawn] = {}
        self._files: set[Path] = set()

    def read_existing(self, video: Video, first_name: str) -> None:
        """Take up the masks that an earlier session saved here; `first_name` names the first frame.

        Raises
        ------
        InputError
            If one cannot be read, is of no frame of the clip, or masks would lie among the frames.
        """
        clip = video.path.resolve()
        if clip in (self.out.resolve(), self.out.resolve().parent, self.folder.resolve()):
            raise InputError(
                f"expected a place for masks that is apart from the clip, got {self.out} with the clip "
                f"{video.path}: choose another --out"
            )
        found = sorted(self.folder.glob("*.png")) if self.folder.is_dir() else []
        names = [path.stem for path in found]
        numbers = frame_numbers(video, names)
        paths = dict(zip(numbers, found, strict=True)) | ({0: self.out} if self.out.exists() else {})
        by_number = dict(zip(numbers, names, strict=True)) | {0: first_name}
        if paths:
            masks = MaskFiles(paths)
            self._drawn = {number: _Drawn(by_number[number], masks[number]) for number in masks}
            self._files = {*found, *paths.values()}

    def mask(self, number: int) -> UInt8[np.ndarray, "H W"] | None:
        """Return the mask of a frame as it is saved, or None."""
        drawn = self._drawn.get(number)
        return drawn.mask if drawn else None

    def save(self, number: int, name: str, mask: UInt8[np.ndarray, "H W"]) -> None:
        """Save the mask of a frame; one without objects takes back what was saved.

        Raises
        ------
        InputError
            If a file cannot be written.
        """
        if mask.any():
            self._drawn[number] = _Drawn(name, mask)
        else:
            self._drawn.pop(number, None)
        wanted = self._wanted()
        try:
            for path, saved in wanted.items():
                if saved == number or path not in self._files:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_mask(path, self._drawn[saved].mask)
                    self._files.add(path)
            for path in self._files - set(wanted):
                path.unlink(missing_ok=True)
                self._files.discard(path)
        except OSError as error:
            raise InputError(f"expected to write a mask to {path}: {error.strerror or error}") from error

    @property
    def saved(self) -> tuple[SavedMask, ...]:
        """The masks that are saved now, by number of the frame."""
        paths = {number: path for path, number in self._wanted().items()}
        return tuple(
            SavedMask(number, paths[number], _shares(self._drawn[number].mask)) for number in sorted(paths)
        )

    @property
    def argument(self) -> Path | None:
        """What `shls segment --mask` takes, the file or the folder; None while nothing is saved."""
        if not self._drawn:
            return None
        return self.out if set(self._drawn) == {0} else self.folder

    def _wanted(self) -> dict[Path, int]:
        """Return which file holds the mask of which frame, a frame's own file last."""
        files = {self.out: 0} if 0 in self._drawn else {}
        if self.argument == self.folder:
            files |= {self.folder / f"{self._drawn[one].name}.png": one for one in sorted(self._drawn)}
        return files


def _shares(mask: UInt8[np.ndarray, "H W"]) -> dict[int, float]:
    counts = np.bincount(mask.ravel(), minlength=256)
    return {int(label): float(counts[label] / mask.size) for label in np.flatnonzero(counts) if label}
