"""Masks with opacity: what is opaque is the object, or holds the colours of several."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Integer

from shls_core.errors import MaskError
from shls_core.files.masks.looks import looks_of
from shls_core.files.masks.mask_reading import percent
from shls_core.files.masks.samples import Samples

_MOST_FLAT_COLOURS = 64
_FLAT, _PICTURE = 0.9, 0.5


class OpaquePart(NamedTuple):
    """What is opaque in a mask.

    Attributes
    ----------
    inside : Bool[numpy.ndarray, "H W"]
        More than half as opaque as the most opaque pixel.
    colours : Integer[numpy.ndarray, "H W"] or None
        0xRRGGBB on black, if the opaque part has several flat colours; None if it is one object.
    notes : tuple of str
        What was decided.
    """

    inside: Bool[np.ndarray, "H W"]
    colours: Integer[np.ndarray, "H W"] | None
    notes: tuple[str, ...]


def opaque_part(samples: Samples) -> OpaquePart:
    """Return the opaque part of a mask whose opacity varies.

    Raises
    ------
    MaskError
        If black is opaque among other flat colours, or flat colours are mixed with a picture: either may be
        the background.
    """
    alpha = samples.alpha
    assert alpha is not None
    most = int(alpha.max())
    inside = alpha > most // 2
    num_soft = int(((alpha > 0) & (alpha < most)).sum())
    notes = (f"soft opacity cut at half: {num_soft} px between",) if num_soft else ()
    colours = colours_of(samples)
    whole = colours[alpha == most]
    flat = looks_of(np.where(alpha == most, colours, 0xFFFFFFFF).astype(np.uint32))
    if flat is None or samples.lossy:
        return OpaquePart(inside, None, notes)
    drawn = flat.values != 0xFFFFFFFF
    areas = drawn & flat.solid
    found = flat.values[areas].tolist()
    share = float(flat.counts[areas].sum() / max(1, len(whole)))
    if int(drawn.sum()) <= 1 or (len(found) <= 1 and share >= _FLAT) or share < _PICTURE:
        return OpaquePart(inside, None, notes)
    if share < _FLAT or len(found) > _MOST_FLAT_COLOURS or 0 in found:
        black = ", black among them," if 0 in found else ""
        raise MaskError(
            f"expected opaque objects on a transparent background, each in one colour, got {len(found)} flat "
            f"colours{black} on {percent(share)} of what is opaque: make all of the background transparent, "
            f"or paint it black and save without transparency"
        )
    return OpaquePart(inside, np.where(inside, colours, 0).astype(np.uint32), notes)


def colours_of(samples: Samples) -> npt.NDArray[np.integer]:
    """Return the colours of samples as 0xRRGGBB."""
    if samples.palette is not None:
        seen: npt.NDArray[np.integer] = palette_values(samples)[samples.values]
        return seen
    if samples.kind == "grey":
        return samples.values.astype(np.uint32) * 255 // samples.white * 0x010101
    return samples.values


def palette_values(samples: Samples) -> npt.NDArray[np.integer]:
    """Return the colours of indices 0..255 as 0xRRGGBB."""
    assert samples.palette is not None
    wide = samples.palette.astype(np.uint32)
    return (wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2]
