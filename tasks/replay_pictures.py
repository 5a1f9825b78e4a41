"""A replayed sample as pictures, to look at."""

from pathlib import Path

import numpy as np
from PIL import Image

from shls_core.errors import InputError
from shls_core.metrics.superpixels import label_boundary
from tasks.replay import Replay

_OUTLINE = (255, 255, 0)
# Steps without a common divisor with 256: no two labels of 0..255 share a colour, and 0 is black.
_PALETTE = [(step * label) % 256 for label in range(256) for step in (151, 71, 53)]


def write_pictures(replayed: Replay, folder: Path) -> list[Path]:
    """Write every frame, its mask (indexed, values are labels) and its superpixels' outlines as PNG.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for time, (frame, mask, superpixels) in enumerate(
            zip(replayed.sequence.frames, replayed.sequence.masks, replayed.superpixel_maps, strict=False)
        ):
            labels = Image.fromarray(mask).convert("P")
            labels.putpalette(_PALETTE)
            outlined = frame.copy()
            outlined[label_boundary(superpixels)] = _OUTLINE
            for kind, picture in (
                ("frame", Image.fromarray(frame)),
                ("mask", labels),
                ("superpixels", Image.fromarray(np.ascontiguousarray(outlined))),
            ):
                path = folder / f"{kind}_{time}.png"
                picture.save(path)
                written.append(path)
    except OSError as error:
        raise InputError(f"expected a folder that can be written at {folder}: {error.strerror}") from error
    return written
