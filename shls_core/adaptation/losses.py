"""The losses of a frame: cross entropy and Dice, over the classes that are known in it."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

_NEVER = -1e4
"""Logit of a class that is not known: its probability is exactly 0 in float32."""


def known_logits(
    logits: Float[Tensor, "B classes S S"], num_classes: Int64[Tensor, " B"]
) -> Float[Tensor, "B classes S S"]:
    """Return the logits without the classes of objects that are given later than a frame."""
    return logits.masked_fill(~_known(logits, num_classes)[:, :, None, None], _NEVER)


def frame_losses(
    logits: Float[Tensor, "B classes S S"],
    classes: Int64[Tensor, "B S S"],
    num_classes: Int64[Tensor, " B"],
    dice: float,
) -> Float[Tensor, " B"]:
    """Return the loss of every frame: the mean cross entropy of its pixels, and `dice` times the Dice loss.

    The Dice loss is 1 less the mean over classes of (2 sum p y + 1) / (sum p + sum y + 1), sums over pixels.

    Parameters
    ----------
    logits : Float[Tensor, "B classes S S"]
        Of all classes.
    classes : Int64[Tensor, "B S S"]
        The class of every pixel, below the frame's number of classes.
    num_classes : Int64[Tensor, "B"]
        Number of classes that are known in a frame; the others, higher ones, have no part in its loss.
    dice : float
        Weight of the Dice loss.
    """
    log_shares = torch.log_softmax(known_logits(logits, num_classes), dim=1)
    # As a product with 0 and 1, for the loss of torch has no deterministic kernel on a GPU.
    target = torch.nn.functional.one_hot(classes, logits.shape[1]).permute(0, 3, 1, 2).to(logits.dtype)
    cross_entropy = -(target * log_shares).sum(dim=1).mean(dim=(1, 2))
    shares = log_shares.exp()
    both = (shares * target).sum(dim=(2, 3))
    ratio = (2 * both + 1) / (shares.sum(dim=(2, 3)) + target.sum(dim=(2, 3)) + 1)
    known = _known(logits, num_classes)
    mean_ratio = (ratio * known).sum(dim=1) / known.sum(dim=1)
    return cross_entropy + dice * (1 - mean_ratio)


def _known(logits: Float[Tensor, "B classes S S"], num_classes: Int64[Tensor, " B"]) -> Bool[Tensor, "B C"]:
    return torch.arange(logits.shape[1], device=logits.device)[None] < num_classes[:, None]
