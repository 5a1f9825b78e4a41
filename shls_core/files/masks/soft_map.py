"""Saliency maps and masks of objects, from elsewhere, as maps 0..255."""

import numpy as np
from jaxtyping import Bool, UInt8

from shls_core.errors import MaskError
from shls_core.files.masks.given_mask import objects_of
from shls_core.files.masks.looks import Looks, as_colours, looks_of
from shls_core.files.masks.samples import Samples, read_samples

_LARGEST_LABEL = 31
_GREY_SPREAD = 3
_VOID = 255
_ALMOST_BLACK = 16


def soft_map(data: bytes) -> UInt8[np.ndarray, "H W"]:
    """Return how much of an object each pixel of a file is: 0..1 as 0..255.

    An opacity that varies is the map (a cut-out). Grey levels are the map; 16-bit ones become 8 bits by
    value / 257, rounded. A picture of two levels, labels, palettes and flat colours are masks: objects
    become 255.

    Parameters
    ----------
    data : bytes
        A picture file.

    Raises
    ------
    MaskError
        If it cannot be read, is a picture in colours that is neither a cut-out nor a mask, or is almost
        black, as labels are in a format that changes them.
    """
    samples = read_samples(data)
    if samples.alpha is not None:
        return samples.alpha
    if samples.kind == "grey":
        return _of_grey(samples)
    if (grey := _as_grey(samples)) is not None:
        return _of_grey(Samples("grey", grey, lossy=samples.lossy))
    try:
        if samples.lossy:
            raise MaskError(samples.lossy)
        return _inside(objects_of(samples).labels > 0)
    except MaskError as error:
        raise MaskError(
            "expected a grey map, a cut-out with transparency or a mask, got a picture in colours"
        ) from error


def _as_grey(samples: Samples) -> UInt8[np.ndarray, "H W"] | None:
    """Return the levels of a picture in colours that is grey, None if it is not."""
    if samples.palette is not None:
        used = np.flatnonzero(np.bincount(samples.values.ravel(), minlength=256))
        levels = samples.palette[:, 1]
        same = (samples.palette[used] == levels[used, None]).all()
        return np.ascontiguousarray(levels[samples.values]) if same else None
    levels = (samples.values & 255).astype(np.uint8)
    if not samples.lossy:  # a strip at a time: a photograph shows its colours in the first
        strips = range(0, len(levels), 256)
        same = all(
            (levels[top : top + 256] * np.uint32(0x010101) == samples.values[top : top + 256]).all()
            for top in strips
        )
        return levels if same else None
    colours = as_colours(samples.values)
    spread = colours.max(axis=2) - colours.min(axis=2)
    return np.ascontiguousarray(colours[..., 1]) if int(spread.max(initial=0)) <= _GREY_SPREAD else None


def _of_grey(samples: Samples) -> UInt8[np.ndarray, "H W"]:
    values, white = samples.values, samples.white
    looks = None if samples.lossy else looks_of(values)
    if looks is not None and _is_mask(looks):
        return _inside((values > 0) & (values != _VOID) if len(looks.values) > 2 else values > 0)
    if white > 255 and values.max(initial=0) > 255:
        values = (values.astype(np.uint32) + 128) // 257
    elif white < 255:
        values = values.astype(np.uint32) * 255 // white
    if 0 < values.max(initial=0) < _ALMOST_BLACK:
        raise MaskError("expected a map whose brightest pixels are salient, got one that is almost black")
    return values.astype(np.uint8, copy=False)


def _is_mask(looks: Looks) -> bool:
    """Whether grey levels are 0 and one other, or labels: few and low, filling areas; 255 is void."""
    present = looks.listed()
    labels = [value for value in present if value not in (0, _VOID)]
    if 0 not in present or len(present) <= 2:
        return present[:1] == [0] and len(present) == 2
    return labels[-1] <= _LARGEST_LABEL and bool(looks.solid[looks.values != _VOID].all())


def _inside(inside: Bool[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    return inside.astype(np.uint8) * np.uint8(255)
