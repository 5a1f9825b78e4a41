"""The two terms of DUL's loss.

References
----------
.. [1] N. Araslanov, S. Schaub-Meyer, S. Roth, "Dense Unsupervised Learning for Video Segmentation", NeurIPS
   2021, https://arxiv.org/abs/2111.06265
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.methods.scaled_cosines import scaled_cosines


def pseudo_labels(view: Float[Tensor, "B F P S"], anchors: Float[Tensor, "B A S"]) -> Int64[Tensor, "B F P"]:
    """Return the most similar anchor of the same clip for every cell; the lowest of equals, no gradient."""
    with torch.no_grad():
        similarities = torch.einsum("bfps,bas->bfpa", view, anchors)
        return similarities.argmax(dim=3)


def space_time(
    cells: Float[Tensor, "B F P S"],
    view: Float[Tensor, "B F P S"],
    anchors: Float[Tensor, "B A S"],
    temperature: float,
) -> Float[Tensor, ""]:
    """Return the cross-entropy of cells, classified by the anchors of all clips, with their pseudo-labels.

    Parameters
    ----------
    cells
        Unit embeddings of the frames of the main view other than the reference, brought onto the regularising
        view.
    view
        Those of the same frames of the regularising view; they only make the pseudo-labels.
    anchors
        Those of the anchors in the reference frames.
    temperature
        Divisor of cosines.
    """
    batch, frames, _, size = cells.shape
    if not frames:
        return cells.sum() * 0.0 + anchors.sum() * 0.0  # clips of one frame
    num_anchors = anchors.shape[1]
    of_clip = torch.arange(batch, device=cells.device).reshape(batch, 1, 1) * num_anchors
    labels = (pseudo_labels(view, anchors) + of_clip).flatten()
    queries, keys = cells.reshape(-1, size), anchors.reshape(-1, size)
    # Neither cross_entropy nor gather: on CUDA their gradients differ from run to run.
    chosen = (queries * keys.index_select(0, labels)).sum(dim=1) / temperature
    return (torch.logsumexp(scaled_cosines(queries, keys, temperature), dim=1) - chosen).mean()


def cross_view(
    cells: Float[Tensor, "B M S"], view: Float[Tensor, "B M S"], temperature: float
) -> Float[Tensor, ""]:
    """Return how surprising it is that a cell shows the same as its own place in the other view.

    Parameters
    ----------
    cells
        Unit embeddings of some cells of the reference frames of the main view, brought onto the regularising
        view.
    view
        Those of the same places of the regularising view; the gradient flows to both.
    temperature
        Divisor of cosines.
    """
    size = cells.shape[2]
    logits = scaled_cosines(cells.reshape(-1, size), view.reshape(-1, size), temperature)
    return (torch.logsumexp(logits, dim=1) - logits.diagonal()).mean()
