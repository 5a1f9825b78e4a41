"""The changes of frames while a network learns: colour jitter, grey, mirroring."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.photometric import apply_colour, colour_matrix, mean_colour
from shls_core.synthesis.recipe import ColourJitter

_JITTERED, _GREY, _MIRRORED = 0.8, 0.2, 0.5
"""Shares of the views with each change."""
_BRIGHTNESS, _CONTRAST, _SATURATION, _HUE_TURNS = 0.3, 0.3, 0.3, 0.05
"""Largest changes: factors in 1 - x .. 1 + x, turns in -x .. x."""


@dataclass(frozen=True)
class View:
    """How a frame is changed."""

    jitter: ColourJitter | None
    is_mirrored: bool

    def pixels(self, frame: UInt8[np.ndarray, "S S 3"]) -> UInt8[np.ndarray, "S S 3"]:
        """Return the frame, changed."""
        if self.jitter:
            frame = apply_colour(frame, colour_matrix(self.jitter, mean_colour(frame)))
        return frame[:, ::-1] if self.is_mirrored else frame

    def classes(self, classes: UInt8[np.ndarray, "S S"]) -> UInt8[np.ndarray, "S S"]:
        """Return the classes of its pixels, which do not depend on colours."""
        return classes[:, ::-1] if self.is_mirrored else classes


def draw_view(rng: np.random.Generator) -> View:
    """Draw a view; every draw is made, whichever changes it uses."""
    jitters, is_grey, is_mirrored = rng.random(3) < (_JITTERED, _GREY, _MIRRORED)
    brightness, contrast, saturation = (
        float(rng.uniform(1 - most, 1 + most)) for most in (_BRIGHTNESS, _CONTRAST, _SATURATION)
    )
    hue_turns = float(rng.uniform(-_HUE_TURNS, _HUE_TURNS))
    jitter = ColourJitter(
        brightness=brightness if jitters else 1.0,
        contrast=contrast if jitters else 1.0,
        saturation=0.0 if is_grey else saturation if jitters else 1.0,
        hue_turns=hue_turns if jitters else 0.0,
        order=("brightness", "contrast", "hue", "saturation"),
    )
    return View(jitter if jitters or is_grey else None, bool(is_mirrored))
