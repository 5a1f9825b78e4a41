"""The place of a pasted object in every frame, and whether that place is allowed."""

from collections.abc import Sequence

import numpy as np

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.layers import LayeredMasks, Silhouettes, overlap
from shls_core.synthesis.recipe import Box, LeftOutReason, Size


def draw_boxes(sizes: Sequence[Size], config: SynthesisConfig, rng: np.random.Generator) -> tuple[Box, ...]:
    """Draw the places of an object's box in all frames.

    In the first frame the box lies anywhere in the frame. In frame t it lies anywhere within the box of frame
    t - 1 grown by `reach` + t * `reach_per_frame` of the frame side, half of it on each side; so an object
    may leave the frame and return. A box that does not fit covers the area in which it should lie.

    Parameters
    ----------
    sizes : Sequence[tuple[int, int]]
        Height and width of the box in every frame, px.
    config : SynthesisConfig
        `frame_size`, `reach` and `reach_per_frame` are used.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple[Box, ...]
        Half-open (top, left, bottom, right) per frame, any part of which may be outside the frame.
    """
    boxes: list[Box] = []
    top, left, bottom, right = 0, 0, config.frame_size, config.frame_size
    for time, (height, width) in enumerate(sizes):
        if time > 0:
            grown = min(1.0, config.reach + time * config.reach_per_frame) * config.frame_size
            margin = round(grown / 2)
            top, left, bottom, right = top - margin, left - margin, bottom + margin, right + margin
        top = _draw_start(top, bottom - height, rng)
        left = _draw_start(left, right - width, rng)
        bottom, right = top + height, left + width
        boxes.append((top, left, bottom, right))
    return tuple(boxes)


def refusal(
    layers: LayeredMasks, silhouettes: Silhouettes, boxes: Sequence[Box], config: SynthesisConfig
) -> LeftOutReason | None:
    """Return why an object may not be pasted at a place, None if it may.

    The object has to be visible in the first frame. And in every frame every earlier object has to keep more
    than `min_kept_share` of the pixels it would show there if nothing were pasted over it: what several
    objects hide adds up, and pixels outside the frame do not count, so that an object outside the frame sets
    no limit.
    """
    _, in_box = overlap(boxes[0], config.frame_size)
    in_first = int(np.count_nonzero(silhouettes[0][in_box]))
    if in_first < max(1.0, config.min_visible_share * config.frame_size**2):
        return "not visible in the first frame"
    kept = layers.visible_areas - layers.hidden_areas(silhouettes, boxes)
    losing = (layers.full_areas > 0) & (kept <= config.min_kept_share * layers.full_areas)
    return "hides an earlier object" if losing.any() else None


def _draw_start(first: int, last: int, rng: np.random.Generator) -> int:
    low, high = sorted((first, last))
    return int(rng.integers(low, high, endpoint=True))
