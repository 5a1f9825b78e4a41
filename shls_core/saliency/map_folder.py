"""Existing saliency maps: files in a folder, named like the photographs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, SampleError

MAP_SUFFIXES = (".png", ".jpg", ".jpeg")
MISSING_MAP = "no saliency map"

# Relative tolerance between the aspect ratios of a map and its photograph, because sizes are rounded.
_SHAPE_TOLERANCE = 0.02


@dataclass(frozen=True)
class MapFolder:
    """The maps or masks in a folder, by the name of their photograph without its suffix."""

    files: Mapping[str, Path]

    @classmethod
    def open(cls, folder: str) -> "MapFolder":
        """List the PNG and JPEG files of a folder, recursively.

        Raises
        ------
        InputError
            If there is no such folder, no file in it, or two that share a name.
        """
        root = Path(folder)
        if not root.is_dir():
            raise InputError(f"expected a folder of PNG or JPEG files, found none at {folder}")
        files: dict[str, Path] = {}
        for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in MAP_SUFFIXES):
            name = _stem(path.relative_to(root).as_posix())
            if name in files:
                raise InputError(
                    f"expected one file per name, got {files[name].name} and {path.name} in {folder}"
                )
            files[name] = path
        if not files:
            raise InputError(f"expected PNG or JPEG files in {folder}, found none")
        return cls(files)

    def of(self, file_name: str) -> Path | None:
        """Return the file of a photograph, given its name inside its folder; None if there is none.

        A file at the same place in the folder comes first, then one at its top level.
        """
        stem = _stem(file_name)
        return self.files.get(stem) or self.files.get(PurePosixPath(stem).name)


def read_map(data: bytes, height: int, width: int) -> UInt8[np.ndarray, "H W"]:
    """Decode a saliency map and resize it to its photograph.

    Parameters
    ----------
    data : bytes
        A PNG or JPEG file, grey, 8 or 16 bit; colours become grey.
    height, width : int
        Size of the photograph, in px.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0..1 as 0..255; 16 bits become 8 by value / 257, rounded.

    Raises
    ------
    SampleError
        If it cannot be decoded, or has another aspect ratio than the photograph.
    """
    stored = (
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
        if data
        else None
    )
    if stored is None:
        raise SampleError("corrupt saliency map")
    map_height, map_width = stored.shape
    across, along = map_height * width, map_width * height
    # One pixel of rounding is allowed at any size.
    if abs(across - along) > max(_SHAPE_TOLERANCE * along, width, height):
        raise SampleError("saliency map of other proportions than its photograph")
    eight_bit = (
        stored if stored.dtype == np.uint8 else ((stored.astype(np.uint32) + 128) // 257).astype(np.uint8)
    )
    shrinks = map_height > height
    full: UInt8[np.ndarray, "H W"] = cv2.resize(
        eight_bit, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return full


def _stem(file_name: str) -> str:
    return str(PurePosixPath(file_name).with_suffix(""))
