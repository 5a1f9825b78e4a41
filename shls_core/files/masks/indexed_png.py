"""Writes masks in the format of the benchmark: indexed PNG files, one index per object."""

import io
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from shls_core.files.whole_file import write_whole


def write_mask(path: Path, labels: UInt8[np.ndarray, "H W"]) -> None:
    """Write labels as an indexed PNG in the benchmark's colours.

    Without a palette labels 1, 2, 3 would all look black.

    Raises
    ------
    InputError
        If the file cannot be written; then there is none.
    """
    image = Image.fromarray(labels, mode=None).convert("L")
    image.putpalette(davis_palette().tobytes())
    encoded = io.BytesIO()
    image.save(encoded, format="PNG")
    write_whole(path, encoded.getvalue())


def davis_palette() -> UInt8[np.ndarray, "256 3"]:
    """Return the colours of labels 0..255: black, dark red, dark green, olive, …

    The bits of a label go in turn to red, green and blue, the lowest to the highest bit of each: the colour
    map of PASCAL VOC, which DAVIS uses.

    Examples
    --------
    >>> davis_palette()[:5].tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    """
    labels = np.arange(256)
    palette = np.zeros((256, 3), np.uint8)
    for channel in range(3):
        for place in range(3):
            bit = labels >> (3 * place + channel) & 1
            palette[:, channel] |= (bit << (7 - place)).astype(np.uint8)
    return palette
