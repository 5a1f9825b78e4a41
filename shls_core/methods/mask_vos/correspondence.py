"""The two correspondence terms of Mask-VOS: neighbouring and distant frames of one clip.

Both compare cells of one clip with all cells of one other frame of it; clips do not affect each other.

References
----------
.. [1] L. Li, W. Wang, T. Zhou, J. Li, Y. Yang, "Unified Mask Embedding and Correspondence Learning for
   Self-Supervised Video Segmentation", CVPR 2023, https://arxiv.org/abs/2303.10100
"""

import torch
from jaxtyping import Float
from torch import Tensor

from shls_core.methods.dul.losses import cross_view, space_time


def short_term(
    cells: Float[Tensor, "B P S"], view: Float[Tensor, "B P S"], temperature: float
) -> Float[Tensor, ""]:
    """Return how surprising it is that a cell shows the same as its own place in the neighbouring frame.

    Parameters
    ----------
    cells
        Unit keys of the second frame, brought onto the transformed view.
    view
        Those of the transformed first frame; the gradient flows to both.
    temperature
        Divisor of cosines.
    """
    of_clips = [
        cross_view(one, other, temperature) for one, other in zip(_clips(cells), _clips(view), strict=True)
    ]
    return torch.stack(of_clips).mean()


def long_term(
    cells: Float[Tensor, "B P S"],
    view: Float[Tensor, "B P S"],
    frame: Float[Tensor, "B Q S"],
    temperature: float,
) -> Float[Tensor, ""]:
    """Return the cross-entropy of cells of a distant frame, with the cells that its other view is most like.

    Parameters
    ----------
    cells
        Unit keys of the distant frame, brought onto the transformed view.
    view
        Those of the transformed distant frame; they only choose cells of `frame`.
    frame
        Those of the first frame, all of whose cells are candidates.
    temperature
        Divisor of cosines.
    """
    of_clips = [
        space_time(one[:, None], other[:, None], candidates, temperature)
        for one, other, candidates in zip(_clips(cells), _clips(view), _clips(frame), strict=True)
    ]
    return torch.stack(of_clips).mean()


def _clips(batch: Float[Tensor, "B cells S"]) -> list[Float[Tensor, "1 cells S"]]:
    return [batch[number : number + 1] for number in range(len(batch))]
