"""The colours of labels in PASCAL VOC and DAVIS, both ways."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Integer, UInt8

from shls_core.files.masks.indexed_png import davis_palette

VOC = davis_palette()
"""Colours of labels 0..255."""

VOC_VALUES = (VOC[:, 0].astype(np.int64) << 16) | (VOC[:, 1].astype(np.int64) << 8) | VOC[:, 2]
"""The same as 0xRRGGBB."""

_LABELS = {int(value): label for label, value in enumerate(VOC_VALUES)}


def voc_labels(colours: Sequence[int]) -> list[int] | None:
    """Return the labels of colours (0xRRGGBB), None if one of them is no colour of a label.

    Examples
    --------
    >>> voc_labels([0x000000, 0x800000]), voc_labels([0xFF0000])
    ([0, 1], None)
    """
    labels = [_LABELS.get(colour) for colour in colours]
    found = [label for label in labels if label is not None]
    return found if len(found) == len(labels) else None


def mapped(
    values: Integer[np.ndarray, "H W"], present: Integer[np.ndarray, "N"], labels: Sequence[int]
) -> UInt8[np.ndarray, "H W"]:
    """Replace values by labels; `present` are all values, ascending."""
    table = np.asarray(labels, np.uint8)
    # A strip at a time: positions take eight bytes a pixel.
    strips = [table[np.searchsorted(present, values[top : top + 256])] for top in range(0, len(values), 256)]
    return np.concatenate(strips) if strips else np.zeros(values.shape, np.uint8)


def colour_name(value: int) -> str:
    """Return a colour as people write it.

    Examples
    --------
    >>> colour_name(0x800000), colour_name(0xFFFFFF)
    ('#800000', 'white')
    """
    return {0: "black", 0xFFFFFF: "white"}.get(value, f"#{value:06x}")
