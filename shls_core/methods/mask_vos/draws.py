"""The random choices of a step for one clip."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from shls_core.methods.dul.draws import Draws, draw
from shls_core.methods.mask_vos.config import NUM_FRAMES, MaskVosConfig, MaskVosViewsConfig

_LABELS = 256
LEAST_SHARE = 0.01
"""Share of a frame that a pseudo-object has at least, in the first reference and in the query, if it is
segmented."""


@dataclass(frozen=True)
class StepDraws:
    """All random choices of a step for one clip.

    Attributes
    ----------
    times : tuple of int
        Numbers of the two references and of the query.
    views : Draws
        The square of all frames, the other view, and the order, anchors and cells that DUL's terms use.
    labels : tuple of int
        All labels in a random order: pseudo-objects are segmented in this order.
    """

    times: tuple[int, int, int]
    views: Draws
    labels: tuple[int, ...]


def draw_step(
    rng: np.random.Generator,
    config: MaskVosConfig,
    num_frames: int,
    height: int,
    width: int,
    is_cut: bool = False,
) -> StepDraws:
    """Draw the choices of a step for one clip; arguments as of `shls_core.methods.dul.draws.draw`.

    If the clip is cut out already, its frames are those of the step, in their order.
    """
    times = draw_times(rng, config.views, num_frames)
    views = draw(rng, config, NUM_FRAMES, height, width, is_cut)
    labels = tuple(int(label) for label in rng.permutation(_LABELS))
    return StepDraws((0, 1, 2) if is_cut else times, views, labels)


def draw_times(rng: np.random.Generator, views: MaskVosViewsConfig, num_frames: int) -> tuple[int, int, int]:
    """Draw the frames of a step: two neighbours and a distant one, forwards or backwards in time.

    Parameters
    ----------
    rng
        Where the choices are drawn from.
    views
        Distances.
    num_frames
        Of the clip, at least 3.
    """
    least = min(views.long_gap, num_frames - 1)
    start = int(rng.integers(num_frames - least))
    last = int(rng.integers(start + least, num_frames))
    second = start + min(views.gap, least - 1)
    if rng.random() < 0.5:
        start, second, last = (num_frames - 1 - time for time in (start, second, last))
    return start, second, last


def chosen_targets(masks: UInt8[np.ndarray, "3 S S"], labels: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Return the pseudo-objects that are segmented: the first ones that are large enough.

    Parameters
    ----------
    masks
        Of the references and the query; 0 is background.
    labels
        All labels in the order of choice.
    most
        How many are chosen at most.
    """
    counts = [np.bincount(masks[time].ravel(), minlength=_LABELS) for time in (0, -1)]
    least = LEAST_SHARE * masks[0].size
    return tuple(label for label in labels if label and min(one[label] for one in counts) >= least)[:most]
