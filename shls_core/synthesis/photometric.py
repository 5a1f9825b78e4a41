"""Colour jitter: brightness, contrast, saturation and hue as one affine map of RGB.

Each of the four is affine in RGB once the mean colour is known, so a jitter, and a chain of jitters, is a
single matrix, applied with one rounding. Nothing is clipped in between, as it would be in a step-by-step
jitter on 8 bits.
"""

import math

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.recipe import ColourJitter, ColourStep

ColourMatrix = Float64[np.ndarray, "4 4"]
"""Acts on homogeneous colours (red, green, blue, 1), channels in 0..255."""
Colour = Float64[np.ndarray, "3"]

# ITU-R BT.601 luma.
_GREY = np.array([0.299, 0.587, 0.114])
_STEPS: tuple[ColourStep, ...] = ("brightness", "contrast", "saturation", "hue")


def draw_colour_jitter(config: SynthesisConfig, rng: np.random.Generator) -> ColourJitter:
    """Draw a change of colour within the ranges of the configuration."""
    first, second, third, fourth = (_STEPS[index] for index in rng.permutation(len(_STEPS)))
    return ColourJitter(
        brightness=rng.uniform(1 - config.brightness, 1 + config.brightness),
        contrast=rng.uniform(1 - config.contrast, 1 + config.contrast),
        saturation=rng.uniform(1 - config.saturation, 1 + config.saturation),
        hue_turns=rng.uniform(-config.hue_turns, config.hue_turns),
        order=(first, second, third, fourth),
    )


def colour_matrix(jitter: ColourJitter, mean_colour: Colour) -> ColourMatrix:
    """Return a jitter as an affine map of colours.

    Parameters
    ----------
    jitter : ColourJitter
        The change. Contrast turns about the grey value of the mean colour at that step, saturation
        about each pixel's own, hue about the grey axis.
    mean_colour : Float64[np.ndarray, "3"]
        Mean (red, green, blue) in 0..255 of the pixels that are changed.

    Returns
    -------
    Float64[np.ndarray, "4 4"]
        The map of homogeneous colours.
    """
    combined = np.eye(4)
    for step in jitter.order:
        match step:
            case "brightness":
                change = _linear(np.eye(3) * jitter.brightness)
            case "contrast":
                pivot = float(np.sum(_GREY * transform_colour(combined, mean_colour)))
                change = _linear(np.eye(3) * jitter.contrast)
                change[:3, 3] = (1 - jitter.contrast) * pivot
            case "saturation":
                grey = np.tile(_GREY, (3, 1))
                change = _linear(np.eye(3) * jitter.saturation + grey * (1 - jitter.saturation))
            case "hue":
                change = _linear(_turn_about_grey(jitter.hue_turns))
        combined = then(combined, change)
    return combined


def then(first: ColourMatrix, second: ColourMatrix) -> ColourMatrix:
    """Return the map that applies `first`, then `second`."""
    combined: ColourMatrix = np.einsum("ij,jk->ik", second, first)
    return combined


def transform_colour(matrix: ColourMatrix, colour: Colour) -> Colour:
    """Return where a map takes one colour."""
    moved: Colour = np.einsum("ij,j->i", matrix, np.append(colour, 1.0))[:3]
    return moved


def mean_colour(image: UInt8[np.ndarray, "H W 3"], mask: UInt8[np.ndarray, "H W"] | None = None) -> Colour:
    """Return the mean (red, green, blue) of an image, or of its pixels under a non-empty mask."""
    return np.array(cv2.mean(image, mask)[:3])


def apply_colour(image: UInt8[np.ndarray, "H W 3"], matrix: ColourMatrix) -> UInt8[np.ndarray, "H W 3"]:
    """Return an image with a map applied to its colours, rounded and clipped to 0..255."""
    return np.asarray(cv2.transform(image, matrix[:3]), dtype=np.uint8)


def _linear(matrix: Float64[np.ndarray, "3 3"]) -> ColourMatrix:
    homogeneous = np.eye(4)
    homogeneous[:3, :3] = matrix
    return homogeneous


def _turn_about_grey(turns: float) -> Float64[np.ndarray, "3 3"]:
    # Rodrigues' rotation about (1, 1, 1): it keeps greys and the sum of the channels.
    cosine, sine = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    along, across = (1 - cosine) / 3, sine / math.sqrt(3)
    low, high = along - across, along + across
    return np.array(
        [
            [cosine + along, low, high],
            [high, cosine + along, low],
            [low, high, cosine + along],
        ]
    )
