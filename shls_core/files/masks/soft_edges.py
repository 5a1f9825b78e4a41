"""Soft edges of masks: antialiasing, blurs and JPEG put values between those of the objects."""

from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Integer, UInt8

from shls_core.files.masks.looks import Looks, as_colours

_REACH_PX = 3
_MOST_AREAS = 64
_MOST_SOFT = 0.3
_LEAST_BLENDED = 0.9
_LEAST_CONTRAST = 16
_LOWEST_PEAK = 32
_LOOKED_AT_PX = 1 << 21


class Settled(NamedTuple):
    """A mask whose soft pixels were given to the areas beside them."""

    values: Integer[np.ndarray, "H W"]
    num_soft: int


class TwoLevels(NamedTuple):
    """A picture of one object on black."""

    inside: Bool[np.ndarray, "H W"]
    peak: int
    """The level of the object's most frequent pixels, or of the brightest channel of its colour."""
    num_soft: int
    """Pixels between the two levels."""
    is_grey: bool
    """Whether the object is white or grey, and no colour."""


def settled(values: Integer[np.ndarray, "H W"], looks: Looks, coloured: bool) -> Settled | None:
    """Give each pixel of a soft edge to the nearest in colour of the areas that touch it.

    A value is soft if it fills no area. Soft values are edges if nearly all their pixels lie between two
    areas, in the picture and in colour.

    Returns
    -------
    Settled or None
        None if nothing is soft, or if soft values are no edges: small objects, or a photograph.
    """
    areas = looks.values[looks.solid]
    soft = ~np.isin(values, areas)
    rows, columns = np.nonzero(soft)
    if not len(rows) or not 1 < len(areas) <= _MOST_AREAS or len(rows) > _MOST_SOFT * values.size:
        return None
    kernel = np.ones((2 * _REACH_PX + 1,) * 2, np.uint8)
    touched = np.stack(
        [cv2.dilate((values == area).astype(np.uint8), kernel)[rows, columns] > 0 for area in areas], axis=1
    )
    pixels, colours = _vectors(values[rows, columns], coloured), _vectors(areas, coloured)
    if _blended(pixels, colours, touched).mean() < _LEAST_BLENDED:
        return None
    distances = np.stack([np.abs(pixels - colour).max(axis=1) for colour in colours], axis=1)
    # Pixels that touch no area are far from all: the nearest colour of all is taken.
    distances[~touched & touched.any(axis=1, keepdims=True)] = np.inf
    result = values.copy()
    result[rows, columns] = areas[distances.argmin(axis=1)].astype(values.dtype)
    return Settled(result, len(rows))


def _vectors(values: Integer[np.ndarray, "M"], coloured: bool) -> Float32[np.ndarray, "M C"]:
    return as_colours(values).astype(np.float32) if coloured else values.astype(np.float32)[:, None]


def _blended(
    pixels: Float32[np.ndarray, "M C"],
    colours: Float32[np.ndarray, "K C"],
    touched: Bool[np.ndarray, "M K"],
) -> Bool[np.ndarray, "M"]:
    """Return which pixels are blends of two colours that they touch."""
    blended = np.zeros(len(pixels), bool)
    for one, other in combinations(range(len(colours)), 2):
        which = np.flatnonzero(touched[:, one] & touched[:, other] & ~blended)
        way = colours[other] - colours[one]
        length = float(np.linalg.norm(way))
        if not len(which) or length < _LEAST_CONTRAST:
            continue
        start = pixels[which] - colours[one]
        share = np.clip(start @ way / length**2, 0, 1)
        beside = np.abs(start - share[:, None] * way).max(axis=1)
        blended[which] = beside <= max(12.0, length / 6)  # filters overshoot, JPEG rings
    return blended


def two_levels(pixels: UInt8[np.ndarray, "H W C"]) -> TwoLevels | None:
    """Cut a picture of one object on black at half of the object's level.

    Parameters
    ----------
    pixels : UInt8[numpy.ndarray, "H W C"]
        One channel, or RGB.

    Returns
    -------
    TwoLevels or None
        None if the picture has more than two levels, or colours of several kinds.
    """
    step = int(np.sqrt(pixels.shape[0] * pixels.shape[1] / _LOOKED_AT_PX)) + 1
    if step > 1 and not _has_two_levels(pixels[::step, ::step].max(axis=2)):
        return None  # without looking at every pixel of a large photograph
    level = pixels.max(axis=2)
    found = _has_two_levels(level)
    if found is None or _has_area_between(level, found):
        return None
    colour = np.median(pixels[np.abs(level.astype(np.int16) - found.peak) <= found.peak // 16], axis=0)
    if not _is_one_hue(pixels, level, colour):
        return None
    is_grey = bool(colour.min() >= 0.8 * colour.max())
    return TwoLevels(level > found.peak / 2, found.peak, found.num_between, is_grey)


class _Levels(NamedTuple):
    peak: int
    num_inside: int
    num_between: int


def _has_two_levels(level: UInt8[np.ndarray, "H W"]) -> _Levels | None:
    """Return the level of an object on black, None if there are more than two levels."""
    highest = int(level.max(initial=0))
    histogram = np.bincount(level.ravel(), minlength=256)
    peak = highest // 2 + int(histogram[highest // 2 :].argmax())
    if peak < _LOWEST_PEAK:
        return None
    num_inside = int(histogram[peak // 2 + 1 :].sum())
    near_peak = int(histogram[int(np.ceil(peak * 7 / 8)) :].sum())
    near_black = int(histogram[: peak // 8 + 1].sum())
    between = int(histogram[peak // 8 + 1 : int(np.ceil(peak * 7 / 8))].sum())
    above = int(histogram[peak + peak // 8 + 9 :].sum())
    if (
        near_peak < num_inside / 2
        or near_black < (level.size - num_inside) / 2
        or between > num_inside / 2
        or above > num_inside / 100
    ):
        return None
    return _Levels(peak, num_inside, between)


def _has_area_between(level: UInt8[np.ndarray, "H W"], found: _Levels) -> bool:
    """Whether a level between black and the peak fills an area of its own, as a second object does."""
    lowest, highest = found.peak // 8 + 1, int(np.ceil(found.peak * 7 / 8))
    same = cv2.erode(level, np.ones((3, 3), np.uint8)) == cv2.dilate(level, np.ones((3, 3), np.uint8))
    filled = np.bincount(level[same], minlength=256)[lowest:highest]
    return bool((filled > max(8, found.num_inside / 100)).any())


def _is_one_hue(
    pixels: UInt8[np.ndarray, "H W C"], level: UInt8[np.ndarray, "H W"], colour: Float[np.ndarray, "C"]
) -> bool:
    """Whether all pixels lie on the way from black to a colour, as far as JPEG keeps colours at edges."""
    if pixels.shape[2] == 1:
        return True
    bright = level > colour.max() / 8
    wanted = level[bright, None] * (colour / colour.max())
    beside = np.abs(pixels[bright] - wanted).max(axis=1)
    return bool((beside <= 32).mean() >= 0.9 and (beside <= 96).mean() >= 0.99)
