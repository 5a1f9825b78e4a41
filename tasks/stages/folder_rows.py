"""Frames of a folder for one row of footage: its files as they came, where they are plain JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.jpeg_frames import decode_frame, encode_frame
from shls_core.files.source_file import opened_source
from shls_core.files.videos.moving_pictures import num_pictures
from storage.canonical import digest_bytes
from tasks.stages.taken_frames import Pixels, TakenFrames

if TYPE_CHECKING:
    from tasks.stages.stage import RowPlan

_JPEG = b"\xff\xd8\xff"
_SAME_LEVELS = 2.0
"""Mean difference, in grey levels, up to which two decoders show the same picture."""


def take_folder_frames(plan: RowPlan) -> TakenFrames:
    """Read the frames of one row of a folder of frames.

    Raises
    ------
    SampleError
        If one of them is no picture, or has another size than the others.
    InputError
        If a file changed since the build was planned.
    """
    assert plan.location is not None
    folder, taken = Path(plan.location), TakenFrames()
    if plan.decided["before"] is not None:
        _, pixels = _frame(folder, *plan.decided["before"])
        taken.begin_after(pixels)
    for number, (name, digest) in enumerate(plan.decided["files"], start=plan.decided["first"]):
        data, pixels = _frame(folder, name, digest)
        taken.take(number, data, pixels)
    return taken


def _frame(folder: Path, name: str, digest: str) -> tuple[bytes, Pixels]:
    path = folder / name
    changed = f"{path} changed while it was read: run again when nobody writes to it"
    try:
        with opened_source(path) as file:
            data = file.read()
    except SampleError as error:  # it could be read when the build was planned
        raise InputError(f"{changed} ({error.reason})") from error
    if digest_bytes(data) != digest:
        raise InputError(changed)
    try:
        number = num_pictures(path)
        if number > 1:
            raise SampleError(f"{number} pictures in one file")
        pixels = decode_image(data, max_side=None)
    except SampleError as error:
        raise SampleError(f"frame {name}: {error.reason}") from error
    return (data if _is_plain(data, pixels) else encode_frame(pixels)), pixels


def _is_plain(data: bytes, pixels: Pixels) -> bool:
    """Whether the decoder of frames shows what the decoder of pictures does.

    It reads no colour profiles, for example: such a file would change its colours.
    """
    if not data.startswith(_JPEG):
        return False
    try:
        shown = decode_frame(data)
    except SampleError:
        return False
    if shown.shape != pixels.shape:
        return False
    return float(np.abs(shown.astype(np.int16) - pixels).mean()) <= _SAME_LEVELS
