"""Existing saliency maps: files in a folder, named like the photographs."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, MaskDamaged, MaskError, SampleError
from shls_core.files.droppings import is_dropping
from shls_core.files.masks.soft_map import soft_map
from shls_core.files.pictures.formats import is_picture_name

MISSING_MAP = "no saliency map"

# Relative tolerance between the aspect ratios of a map and its photograph, because sizes are rounded.
_SHAPE_TOLERANCE = 0.02


@dataclass(frozen=True)
class MapFolder:
    """The maps or masks in a folder, by the name of their photograph without its suffix."""

    files: Mapping[str, Path]

    @classmethod
    def open(cls, folder: str) -> "MapFolder":
        """List the pictures of a folder, recursively; a linked folder is entered once.

        Raises
        ------
        InputError
            If there is no such folder, no picture in it, two that share a name, or a folder in it that cannot
            be listed.
        """
        root = Path(folder)
        if not root.is_dir():
            raise InputError(f"expected a folder of maps or masks, found none at {folder}")
        files: dict[str, Path] = {}
        for path in sorted(_pictures(root)):
            name = _stem(path.relative_to(root).as_posix())
            if name in files:
                raise InputError(
                    f"expected one file per name, got {files[name].name} and {path.name} in {folder}"
                )
            files[name] = path
        if not files:
            raise InputError(f"expected maps or masks as pictures in {folder}, found none")
        return cls(files)

    def of(self, file_name: str) -> Path | None:
        """Return the file of a photograph, given its name inside its folder; None if there is none.

        A file at the same place in the folder comes first, then one at its top level.
        """
        stem = _stem(file_name)
        return self.files.get(stem) or self.files.get(PurePosixPath(stem).name)

    def unused(self, file_names: Iterable[str]) -> list[Path]:
        """Return the files that are the map of none of the photographs."""
        used = {self.of(file_name) for file_name in file_names}
        return [path for path in self.files.values() if path not in used]


def read_map(data: bytes, height: int, width: int) -> UInt8[np.ndarray, "H W"]:
    """Decode a saliency map, or a mask, and resize it to its photograph.

    Parameters
    ----------
    data : bytes
        A picture file: grey, a cut-out with transparency, or a mask (see `soft_map`).
    height, width : int
        Size of the photograph, in px.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0..1 as 0..255.

    Raises
    ------
    SampleError
        If it cannot be decoded, is a picture in colours, or has another aspect ratio than the photograph.
    """
    try:
        stored = soft_map(data)
    except MaskDamaged as error:
        raise SampleError("corrupt saliency map") from error
    except MaskError as error:
        raise SampleError(f"unusable saliency map: {error.reason}") from error
    map_height, map_width = stored.shape
    across, along = map_height * width, map_width * height
    # One pixel of rounding is allowed at any size.
    if abs(across - along) > max(_SHAPE_TOLERANCE * along, width, height):
        raise SampleError("saliency map of other proportions than its photograph")
    shrinks = map_height > height
    full: UInt8[np.ndarray, "H W"] = cv2.resize(
        stored, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return full


def _pictures(root: Path) -> Iterator[Path]:
    """Yield the pictures below a folder; what systems leave there is skipped."""

    def unlistable(error: OSError) -> None:
        raise InputError(f"expected a folder of maps, cannot list {error.filename}: {error.strerror}")

    entered = set()
    for folder, folders, names in os.walk(root, onerror=unlistable, followlinks=True):
        real = Path(folder).resolve()
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not is_dropping(name))
        for name in names:
            path = Path(folder, name)
            if not is_dropping(name) and is_picture_name(name) and path.is_file():
                yield path


def _stem(file_name: str) -> str:
    """Return a name without suffix, in one Unicode form."""
    return unicodedata.normalize("NFC", str(PurePosixPath(file_name).with_suffix("")))
