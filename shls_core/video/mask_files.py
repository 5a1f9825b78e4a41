"""Mask files that a user gives for frames of a video."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, MaskError
from shls_core.files.masks.found_objects import DRAW, MOST_OBJECTS, Numbering
from shls_core.files.masks.given_mask import given_mask
from shls_core.files.masks.label_files import mask_bytes
from shls_core.files.masks.mask_folder import masks_in
from shls_core.files.masks.mask_reading import MaskReading, Naming, SeenObject, described
from shls_core.files.videos.video import Video
from shls_core.video.mask_names import frame_of

_OTHERS_LISTED = 3


class MaskFiles(Mapping[int, UInt8[np.ndarray, "_ _"]]):
    """Masks by the number of their frame; a mask is read each time it is accessed.

    Parameters
    ----------
    paths : Mapping[int, Path]
        Mask files of any kind that `given_mask` reads, at least one.
    left_out : Sequence[str]
        What is said of files that are no masks.

    Raises
    ------
    InputError
        If one of them cannot be used, has no object, differs in size from the first, or names its objects in
        another way, so that nobody can know which are the same.
    """

    def __init__(self, paths: Mapping[int, Path], left_out: Sequence[str] = ()) -> None:
        self._paths = dict(sorted(paths.items()))
        readings = {path: _seen(path) for path in self._paths.values()}
        self._numbering = _numbering_of(readings)
        lines, objects = [], dict[int, SeenObject]()
        for number, (path, reading) in zip(self._paths, readings.items(), strict=True):
            seen = [self._numbered(one) for one in reading.objects]
            frame = f" (frame {number}, counted from 0)" if len(self._paths) > 1 or number else ""
            lines.append(described(path.name + frame, seen, reading.notes))
            for one in seen:
                other = objects.setdefault(one.label, one)
                if other.mark != one.mark and None not in (other.mark, one.mark):
                    raise InputError(
                        f"expected one colour for label {one.label} in all masks, got {other.seen_as} and "
                        f"{one.seen_as}: {path}"
                    )
        self.objects = tuple(objects[label] for label in sorted(objects))
        """The objects of all masks together, each as the first of its masks shows it."""
        self.lines = (*lines, *left_out)
        """What was seen, a line for each mask and for what was left out."""

    @property
    def num_objects(self) -> int:
        """Number of objects of all masks together."""
        return len(self.objects)

    def __getitem__(self, number: int) -> UInt8[np.ndarray, "_ _"]:
        return _reading(self._paths[number], self._numbering).labels

    def __contains__(self, number: object) -> bool:
        return number in self._paths

    def __iter__(self) -> Iterator[int]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _numbered(self, one: SeenObject) -> SeenObject:
        if self._numbering is None or one.mark is None:
            return one
        return replace(one, label=self._numbering[one.mark])


def find_masks(video: Video, places: Sequence[Path]) -> MaskFiles:
    """Return the masks at `places`: files, and folders of files.

    A single file is the mask of the first frame. Of several files, or of files in a folder, each is the mask
    of the frame with the same name: see `frame_of`.

    Raises
    ------
    InputError
        If a folder has no mask, is that of the frames, two masks are of one frame, one is of no frame, or one
        cannot be used.
    """
    left_out: list[str] = []
    if len(places) == 1 and not places[0].is_dir():
        return MaskFiles({0: places[0]}, left_out)
    if any(place.resolve() == video.path.resolve() for place in places):
        raise InputError(
            f"expected masks in a folder of their own, got the folder of the frames, {video.path}: name each "
            f"mask in it, or move them"
        )
    numbered: dict[int, Path] = {}
    for path in (path for place in places for path in _files(place, left_out)):
        number = frame_of(video, path.stem)
        if number in numbered:
            raise InputError(f"expected one mask of a frame, got {numbered[number]} and {path}")
        numbered[number] = path
    return MaskFiles(numbered, left_out)


def _files(place: Path, left_out: list[str]) -> Sequence[Path]:
    if not place.is_dir():
        return [place]
    masks, others = masks_in(place)
    if not masks:
        raise InputError(f"expected masks as pictures in {place}, found none")
    if others:
        named = ", ".join(others[:_OTHERS_LISTED]) + (", …" if len(others) > _OTHERS_LISTED else "")
        left_out.append(f"left out, as no pictures: {len(others)} in {place} ({named})")
    return masks


def _reading(path: Path, numbering: Numbering | None = None) -> MaskReading:
    try:
        reading = given_mask(mask_bytes(path), numbering)
    except MaskError as error:
        raise InputError(f"{error.reason}: {path}") from error
    if not reading.objects:
        raise InputError(f"expected a mask with at least one object, got background only: {path}")
    return reading


class _Seen(NamedTuple):
    """What is known of a mask before it is used; its pixels are read again then."""

    shape: tuple[int, ...]
    objects: tuple[SeenObject, ...]
    naming: Naming
    notes: tuple[str, ...]


def _seen(path: Path) -> _Seen:
    reading = _reading(path)
    return _Seen(reading.labels.shape, reading.objects, reading.naming, reading.notes)


def _numbering_of(readings: Mapping[Path, _Seen]) -> Numbering | None:
    """Return the labels of colours, numbered over all masks together; None if the masks have labels.

    Masks are also checked: of one size, and with objects that are told apart in one way.
    """
    (first_path, first), *others = readings.items()
    for path, reading in others:
        if reading.shape != first.shape:
            raise InputError(
                f"expected masks of one size, {_size(first.shape)}, got {_size(reading.shape)}: {path}"
            )
    labels = {one.label for reading in readings.values() for one in reading.objects}
    for path, reading in others:
        one_object = labels == {1} and "numbered" not in (first.naming, reading.naming)
        if reading.naming != first.naming and not one_object:
            raise InputError(
                f"expected masks that tell objects apart in one way, got {_WAYS[first.naming]} in "
                f"{first_path.name} and {_WAYS[reading.naming]} in {path}: save all as labels, 0 background, "
                f"1..K objects"
            )
    if first.naming != "numbered":
        return None
    marks = {one.mark for reading in readings.values() for one in reading.objects if one.mark is not None}
    if len(marks) > MOST_OBJECTS:
        raise InputError(f"expected at most {MOST_OBJECTS} objects, got masks of {len(marks)} values: {DRAW}")
    return {mark: number for number, mark in enumerate(sorted(marks), 1)}


_WAYS = {"labels": "labels", "single": "one object without a label", "numbered": "colours"}


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"
