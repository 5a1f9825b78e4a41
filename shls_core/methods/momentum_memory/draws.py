"""The random choices of a step for one clip."""

from dataclasses import dataclass

import numpy as np

from shls_core.methods.momentum_memory.config import MomentumMemoryConfig, ViewsConfig
from shls_core.training.clip_draw import ClipDraw, ClipPart, draw_part

GAINS = (0.8, 1.2)
"""Smallest and largest gain of a channel of Lab whose colours are changed."""
SHIFTS = (-0.1, 0.1)
"""Smallest and largest shift of it, of values of -1..1."""


@dataclass(frozen=True)
class Draws:
    """All random choices of a step for one clip.

    Attributes
    ----------
    part : ClipPart
        The frames and the square of a sequence that is not cut out yet.
    pair : tuple of int
        The frame to reconstruct and its reference in the pair stage, by their number among those of the part.
    memory : tuple of int
        The same in the memory stage: the last frame, and its references in the order of time.
    channel : int
        Of Lab, 1 or 2: dropped, and reconstructed.
    gains, shifts : tuple of float
        Of the channels of the inputs.
    """

    part: ClipPart
    pair: tuple[int, int]
    memory: tuple[int, ...]
    channel: int
    gains: tuple[float, ...]
    shifts: tuple[float, ...]


def draw(
    rng: np.random.Generator, config: MomentumMemoryConfig, num_frames: int, height: int, width: int
) -> Draws:
    """Draw the choices of a step for one clip.

    Parameters
    ----------
    rng
        The draws that are taken from it do not depend on switches of the configuration, only on its sizes.
    config
        Configuration of the method.
    num_frames, height, width
        Shape of the clip; it has the frames that the configuration needs.
    """
    views = config.views
    part = draw_part(rng, clip_draw(views), num_frames, height, width)
    gap = int(rng.choice(views.reference_gaps, p=np.array(views.gap_weights) / sum(views.gap_weights)))
    place = rng.random()
    channel = int(rng.integers(1, 3))
    is_jittered = rng.random() < views.jitter
    gains, shifts = rng.uniform(*GAINS, 3), rng.uniform(*SHIFTS, 3)
    return Draws(
        part=part,
        pair=pair_of(views.num_frames, gap, place),
        memory=memory_of(views.num_frames, gap, config.num_references),
        channel=channel,
        gains=tuple(gains.tolist()) if is_jittered else (1.0, 1.0, 1.0),
        shifts=tuple(shifts.tolist()) if is_jittered else (0.0, 0.0, 0.0),
    )


def clip_draw(views: ViewsConfig) -> ClipDraw:
    """Return the frames and the square of a clip that are drawn."""
    smallest, largest = views.side
    return ClipDraw(
        num_frames=views.num_frames,
        gap=views.gap,
        short_side=(round(views.crop / largest), round(views.crop / smallest)),
        crop=views.crop,
        flip=views.flip,
    )


def pair_of(num_frames: int, gap: int, place: float) -> tuple[int, int]:
    """Return a frame and the one `gap` before it; `place`, 0..1, chooses among those there are.

    Examples
    --------
    >>> [pair_of(4, 2, place) for place in (0.0, 0.99)], pair_of(2, 5, 0.5)
    ([(2, 0), (3, 1)], (1, 0))
    """
    gap = min(gap, num_frames - 1)
    query = gap + int(place * (num_frames - gap))
    return query, query - gap


def memory_of(num_frames: int, gap: int, num_references: int) -> tuple[int, ...]:
    """Return the last frame, and its references: the first frame, and frames before the last, `gap` apart.

    Where they do not fit, they are closer to each other. A single reference is `gap` before the last frame.

    Parameters
    ----------
    num_frames
        Above `num_references`.
    gap
        In frames.
    num_references
        At least 1.

    Examples
    --------
    >>> memory_of(10, 2, 5), memory_of(10, 1, 3), memory_of(6, 2, 5), memory_of(6, 2, 1)
    ((9, 0, 1, 3, 5, 7), (9, 0, 7, 8), (5, 0, 1, 2, 3, 4), (5, 3))
    """
    last = num_frames - 1
    if num_references == 1:
        return last, last - min(gap, last)
    gap = min(gap, max(1, (last - 1) // (num_references - 1)))
    return last, 0, *(last - gap * number for number in range(num_references - 1, 0, -1))
