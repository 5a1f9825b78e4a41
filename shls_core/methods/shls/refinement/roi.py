"""Regions of interest: the part of a frame on which an object is refined."""

import math

import torch
from jaxtyping import Bool
from torch import Tensor

from shls_core.photographs.crops import Box

STRIDE = 4
"""Sides and corners of regions are multiples of it: a pixel of the coarse feature map covers 4 x 4 px."""


def object_boxes(masks: Bool[Tensor, "K H W"]) -> list[Box | None]:
    """Return the tightest box around every object, None for those without a pixel."""
    spans = [_spans(masks.any(dim=axis)) for axis in (2, 1)]
    return [
        None if bottom == 0 else Box(top, left, bottom, right)
        for (top, bottom), (left, right) in zip(*spans, strict=True)
    ]


def _spans(occupied: Bool[Tensor, "K length"]) -> list[list[int]]:
    """Return the first occupied place of every row, and one past the last: 0 if there is none."""
    places = torch.arange(1, occupied.shape[1] + 1, device=occupied.device)
    spans: list[list[int]] = torch.stack(
        [occupied.int().argmax(dim=1), (occupied * places).amax(dim=1)], dim=1
    ).tolist()
    return spans


def whole_frame(frame_size: tuple[int, int]) -> Box:
    """Return the region that holds the whole frame of height and width `frame_size`."""
    return Box(0, 0, _rounded_up(frame_size[0]), _rounded_up(frame_size[1]))


def region_of_interest(
    box: Box | None,
    first_box: Box,
    frame_size: tuple[int, int],
    margin: float,
    min_side_share: float,
) -> Box:
    """Return the region in which an object is refined.

    Parameters
    ----------
    box : Box or None
        The object in the coarse mask; None if it has no pixel there.
    first_box : Box
        The object in its first frame; no region is smaller.
    frame_size : tuple of int
        Height and width of the frame.
    margin : float
        Added on each side, as a share of the box's height or width.
    min_side_share : float
        A box below this share of the frame's height (or width) becomes the whole height (or width).

    Returns
    -------
    Box
        Its corners are multiples of `STRIDE`; bottom and right may lie up to 3 px outside the frame.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.4

    Examples
    --------
    >>> region_of_interest(Box(40, 40, 60, 80), Box(0, 0, 10, 10), (100, 200), 0.15, 0.05)
    Box(top=36, left=32, bottom=64, right=88)
    """
    if box is None:
        return whole_frame(frame_size)
    top, bottom = _side(box.top, box.bottom, first_box.bottom - first_box.top, frame_size[0], margin)
    left, right = _side(box.left, box.right, first_box.right - first_box.left, frame_size[1], margin)
    if box.bottom - box.top < min_side_share * frame_size[0]:
        top, bottom = 0, frame_size[0]
    if box.right - box.left < min_side_share * frame_size[1]:
        left, right = 0, frame_size[1]
    return Box(top // STRIDE * STRIDE, left // STRIDE * STRIDE, _rounded_up(bottom), _rounded_up(right))


def _side(start: int, stop: int, min_length: int, frame_length: int, margin: float) -> tuple[int, int]:
    added = math.ceil(margin * (stop - start))
    start, stop = max(start - added, 0), min(stop + added, frame_length)
    missing = min(min_length, frame_length) - (stop - start)
    if missing > 0:
        start = min(max(start - missing // 2, 0), frame_length - min_length)
        stop = start + min_length
    return start, stop


def _rounded_up(length: int) -> int:
    return -(-length // STRIDE) * STRIDE
