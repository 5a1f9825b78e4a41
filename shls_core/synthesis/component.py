"""Which part of another image is pasted: one component of its binarised saliency map."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.recipe import Component


def draw_component(
    saliency_map: UInt8[np.ndarray, "H W"], config: SynthesisConfig, rng: np.random.Generator
) -> Component | None:
    """Binarise a saliency map at a random level and draw one of its 4-connected components.

    Parameters
    ----------
    saliency_map : UInt8[np.ndarray, "H W"]
        Saliency in 0..255.
    config : SynthesisConfig
        `binarisation_level` and `min_component_share` are used.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Component or None
        A component; all that are large enough are equally likely. None if there is none.
    """
    level = max(1, round(rng.uniform(*config.binarisation_level) * int(saliency_map.max())))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        _binarise(saliency_map, level), connectivity=4
    )
    left, top, width, height, area = statistics[1:].T  # row 0 is the background
    # Sorted, because the order in which components are numbered is not part of OpenCV's interface.
    order = np.lexsort((width, height, left, top, -area))
    order = order[area[order] >= config.min_component_share * saliency_map.size]
    if order.size == 0:
        return None
    drawn = int(order[rng.integers(order.size)])
    row, column = int(top[drawn]), int(left[drawn])
    # The box is tight, so its first row holds a pixel of the component.
    first = int(np.argmax(labels[row, column : column + width[drawn]] == drawn + 1))
    return Component(
        level=level,
        box=(row, column, row + int(height[drawn]), column + int(width[drawn])),
        seed=(row, column + first),
    )


def cut_component(saliency_map: UInt8[np.ndarray, "H W"], component: Component) -> UInt8[np.ndarray, "h w"]:
    """Return the mask of a component within its box: 1 inside, 0 outside."""
    top, left, bottom, right = component.box
    _, labels = cv2.connectedComponents(
        _binarise(saliency_map[top:bottom, left:right], component.level), connectivity=4
    )
    seed_row, seed_column = component.seed
    return np.asarray(labels == labels[seed_row - top, seed_column - left], dtype=np.uint8)


def _binarise(saliency_map: UInt8[np.ndarray, "H W"], level: int) -> UInt8[np.ndarray, "H W"]:
    return (saliency_map >= level).astype(np.uint8)
