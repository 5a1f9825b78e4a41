"""The first mask of a clip by saliency: no file, no screen, nobody who draws."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.videos.video import Video
from shls_core.saliency.salient_object import SalientObject, most_salient_object
from tasks.scoring.segment_clip import free_masks_folder

SALIENT: Final = "salient"
"""The word on the command line; a file of that name is ``./salient``."""
FIRST_MASK: Final = "first_mask.png"


@dataclass(frozen=True)
class SalientMask:
    """The mask that saliency gave for the first frame of a video."""

    path: Path
    """Where it lies, an indexed PNG: 0 background, 1 the object."""
    frame: str
    confidence: float
    share: float


def is_salient(masks: Sequence[str]) -> bool:
    """Whether the masks given to a command are the word ``salient``.

    Raises
    ------
    InputError
        If the word stands beside masks.
    """
    if SALIENT in masks and len(masks) > 1:
        raise InputError(
            f"expected --mask {SALIENT} alone, got {len(masks)} masks; a file of that name is ./{SALIENT}"
        )
    return SALIENT in masks


def first_salient_object(video: Video) -> tuple[str, SalientObject]:
    """Return the name of the first frame of a video, and its most salient object.

    Raises
    ------
    InputError
        If nothing stands out in it, or it cannot be read.
    """
    first = next(video.frames(), None)
    if first is None:
        raise InputError(f"expected a frame, found none in {video.path}")
    try:
        return first.name, most_salient_object(first.pixels)
    except InputError as error:
        draw = shlex.join(["shls", "mask", str(video.path), "--out", "first.png"])
        raise InputError(
            f"{error} ({video.path}, frame {first.name}); draw the first mask: {draw}"
        ) from error


def write_salient_mask(video: Video, out: Path) -> SalientMask:
    """Write the mask of the most salient object of the first frame to `out`, for `segment_video`.

    Raises
    ------
    InputError
        If nothing stands out, the frame cannot be read, `out` holds masks already, cannot be written, or is
        the folder of the frames.
    """
    free_masks_folder(video, out)
    path = out / FIRST_MASK
    if path.exists():
        raise InputError(
            f"expected a place for the first mask, got {path}, which exists: choose another --out"
        )
    name, found = first_salient_object(video)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_mask(path, found.mask)
    except OSError as error:
        raise InputError(f"expected to write {path}: {error.strerror or error}") from error
    return SalientMask(path, name, found.confidence, found.share)
