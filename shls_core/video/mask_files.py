"""Mask files that a user gives for frames of a video."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.masks.label_files import read_mask
from shls_core.files.videos.video import Video, frame_numbers


class MaskFiles(Mapping[int, UInt8[np.ndarray, "_ _"]]):
    """Masks by the number of their frame; a mask is read each time it is accessed.

    Parameters
    ----------
    paths : Mapping[int, Path]
        Indexed or grey PNG files, at least one: 0 background, 1..254 objects. A mask of 0 and 255 alone has
        one object.

    Raises
    ------
    InputError
        If one of them cannot be used, has no object, or differs in size from the first.
    """

    def __init__(self, paths: Mapping[int, Path]) -> None:
        self._paths = dict(sorted(paths.items()))
        labels: set[int] = set()
        first: tuple[int, ...] | None = None
        for path in self._paths.values():
            mask = _objects(path)
            first = first or mask.shape
            if mask.shape != first:
                raise InputError(
                    f"expected masks of one size, {_size(first)}, got {_size(mask.shape)}: {path}"
                )
            labels.update(np.unique(mask[mask > 0]).tolist())
        self.num_objects = len(labels)
        """Number of objects of all masks together."""

    def __getitem__(self, number: int) -> UInt8[np.ndarray, "_ _"]:
        return _objects(self._paths[number])

    def __contains__(self, number: object) -> bool:
        return number in self._paths

    def __iter__(self) -> Iterator[int]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def find_masks(video: Video, places: Sequence[Path]) -> MaskFiles:
    """Return the masks at `places`: files, and folders of files.

    A single file is the mask of the first frame. Of several files, or of files in a folder, each is the mask
    of the frame with the same name.

    Raises
    ------
    InputError
        If a folder has no mask, two masks are of one frame, one is of no frame, or one cannot be used.
    """
    if len(places) == 1 and not places[0].is_dir():
        return MaskFiles({0: places[0]})
    files = [path for place in places for path in _files(place)]
    numbered: dict[int, Path] = {}
    for number, path in zip(frame_numbers(video, [path.stem for path in files]), files, strict=True):
        if number in numbered:
            raise InputError(f"expected one mask of a frame, got {numbered[number]} and {path}")
        numbered[number] = path
    return MaskFiles(numbered)


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(path for path in place.glob("*.png") if not path.name.startswith("."))
    if not found:
        raise InputError(f"expected masks as PNG in {place}, found none")
    return found


def _objects(path: Path) -> UInt8[np.ndarray, "H W"]:
    mask = read_mask(path)
    labels = np.unique(mask).tolist()
    if labels == [0]:
        raise InputError(f"expected a mask with at least one object, got background only: {path}")
    if labels in ([0, 255], [255]):
        return (mask > 0).astype(np.uint8)
    if labels[-1] == 255:
        raise InputError(f"expected object labels 1..254, got 255 (void) beside others: {path}")
    return mask


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
