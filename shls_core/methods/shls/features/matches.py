"""Points of a pseudo-sequence that show the same in two of its frames, by the exact warps of its layers."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64, UInt8


class Matches(NamedTuple):
    """Pairs of points (x, y), in px, that show the same."""

    here: Float64[np.ndarray, "P 2"]
    there: Float64[np.ndarray, "P 2"]


def matches(
    masks: UInt8[np.ndarray, "T H W"],
    warps: Float64[np.ndarray, "T K 3 3"],
    here: int,
    there: int,
    points: Float64[np.ndarray, "P 2"],
) -> Matches:
    """Return those of some points of a frame that can be seen in another frame, and where.

    Parameters
    ----------
    masks : UInt8[numpy.ndarray, "T H W"]
        Labels of all frames.
    warps : Float64[numpy.ndarray, "T K 3 3"]
        From the unit square of each label's layer to pixels of each frame (`synthesis.layer_warps`).
    here, there : int
        Numbers of the two frames.
    points : Float64[numpy.ndarray, "P 2"]
        Points (x, y) of the frame `here`.
    """
    labels = _labels_at(masks[here], points)
    in_layer = _moved(np.linalg.inv(warps[here])[labels], points)
    moved = _moved(warps[there][labels], in_layer)
    height, width = masks.shape[1:]
    # What is outside the layer is its mirror image, which moves the other way.
    is_seen = np.all((in_layer >= 0) & (in_layer <= 1), axis=1)
    is_seen &= np.all((moved >= 0) & (moved <= (width - 1, height - 1)), axis=1)
    is_seen[is_seen] = _labels_at(masks[there], moved[is_seen]) == labels[is_seen]
    return Matches(points[is_seen], moved[is_seen])


def _labels_at(mask: UInt8[np.ndarray, "H W"], points: Float64[np.ndarray, "P 2"]) -> Int64[np.ndarray, " P"]:
    columns, rows = np.rint(points).astype(np.int64).T
    labels: Int64[np.ndarray, " P"] = mask[rows, columns].astype(np.int64)
    return labels


def _moved(
    matrices: Float64[np.ndarray, "P 3 3"], points: Float64[np.ndarray, "P 2"]
) -> Float64[np.ndarray, "P 2"]:
    homogeneous = np.column_stack([points, np.ones(len(points))])
    moved = np.einsum("pij,pj->pi", matrices, homogeneous)
    # A point behind the plane of projection gets a place that is outside every frame.
    depth = np.where(moved[:, 2:] > 0, moved[:, 2:], np.nan)
    found: Float64[np.ndarray, "P 2"] = np.nan_to_num(moved[:, :2] / depth, nan=-1.0)
    return found
