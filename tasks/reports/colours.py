"""Colours of objects: the benchmark's own, moved towards white or black until the contrast is enough."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from shls_core.files.masks.indexed_png import davis_palette

_PAPER = {"light": (255, 255, 255), "dark": (22, 26, 32)}
"""The surfaces of the stylesheet that lines are drawn on."""
_LEAST_CONTRAST = 3.0
"""Of graphics against their background: success criterion 1.4.11 of WCAG 2.2."""


def object_rules(object_ids: Iterable[int]) -> str:
    """Return CSS that gives ``--object`` the colour of each object, on light and on dark paper."""
    used = sorted(set(object_ids))

    def rules(paper: str) -> str:
        return "".join(f".object-{number}{{--object:{object_colour(number, paper)}}}" for number in used)

    return f"{rules('light')}\n@media screen and (prefers-color-scheme: dark){{{rules('dark')}}}\n"


def object_colour(object_id: int, paper: str) -> str:
    """Return the colour of an object as ``#rrggbb``.

    Parameters
    ----------
    object_id
        Label, 1..255.
    paper
        ``light`` or ``dark``.

    Examples
    --------
    >>> object_colour(1, "light"), object_colour(1, "dark")
    ('#800000', '#cc9999')
    """
    colour = davis_palette()[object_id].astype(np.float64)
    background = np.array(_PAPER[paper], np.float64)
    towards = np.full(3, 0.0 if paper == "light" else 255.0)
    steps = (colour + share * (towards - colour) for share in np.arange(0, 1.01, 0.1))
    legible = next(one for one in steps if contrast(one, background) >= _LEAST_CONTRAST)
    return "#" + "".join(f"{round(channel):02x}" for channel in legible)


def contrast(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the contrast of two sRGB colours (0..255 each channel), 1..21.

    References
    ----------
    Web Content Accessibility Guidelines 2.2, "contrast ratio" and "relative luminance".
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: npt.NDArray[np.float64]) -> float:
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
