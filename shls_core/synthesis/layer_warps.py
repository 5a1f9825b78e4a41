"""Where every layer of a pseudo-sequence lies in every frame: the exact correspondence of its pixels."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from shls_core.errors import SampleError
from shls_core.synthesis.geometry import compose, scaling, translation
from shls_core.synthesis.recipe import Recipe, Size

_BYTES_OF_A_WARP = 9 * 8


def layer_warps(recipe: Recipe) -> Float64[np.ndarray, "T K 3 3"]:
    """Return, for every frame and label, the transform that moved what has this label into the frame.

    The background and the template's own objects moved with the template.

    Parameters
    ----------
    recipe : Recipe
        Of the pseudo-sequence.

    Returns
    -------
    Float64[numpy.ndarray, "T K 3 3"]
        From the unit square that covers the layer, edge to edge, to pixels (x, y) of the frame, pixel centres
        at integers. Two places of one label in two frames show the same if they are the same in the unit
        square.
    """
    template = recipe.template
    warps = np.empty((recipe.num_frames, recipe.num_objects + 1, 3, 3))
    for time, frame in enumerate(template.frames):
        warps[time] = compose(_unit_to_pixels(template.size), np.array(frame.matrix))
    for label, pasted in enumerate(recipe.objects, start=len(template.labels) + 1):
        for time, shape in enumerate(pasted.frames):
            top, left, _, _ = shape.box
            in_box = compose(_unit_to_pixels(pasted.size), np.array(shape.matrix))
            warps[time, label] = compose(in_box, translation(float(left), float(top)))
    return warps


def encode_warps(warps: Float64[np.ndarray, "T K 3 3"]) -> list[bytes]:
    """Return the warps of every frame as bytes: float64, little-endian, label by label, row by row."""
    return [frame.astype("<f8").tobytes() for frame in warps]


def decode_warps(data: Sequence[bytes | memoryview]) -> Float64[np.ndarray, "T K 3 3"]:
    """Return the warps that `encode_warps` wrote.

    Raises
    ------
    SampleError
        If the bytes are no warps.
    """
    sizes = {len(frame) for frame in data}
    if len(sizes) != 1 or (size := sizes.pop()) % _BYTES_OF_A_WARP or not size:
        raise SampleError("expected a 3x3 matrix for every label of every frame")
    frames = [np.frombuffer(frame, "<f8").reshape(-1, 3, 3) for frame in data]
    return np.stack(frames).astype(np.float64, copy=False)


def _unit_to_pixels(size: Size) -> Float64[np.ndarray, "3 3"]:
    height, width = size
    return compose(scaling(float(width), float(height)), translation(-0.5, -0.5))
