"""Soft aggregation: one distribution over all classes from objects segmented one by one."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

CLAMP = 1e-7
"""Probabilities stay this far from 0 and 1."""

LARGEST_LOG_ODDS = math.log1p(-CLAMP) - math.log(CLAMP)
"""The log-odds of the largest probability: 16.1."""


def class_log_odds(object_log_odds: Float[Tensor, "K *pixels"]) -> Float[Tensor, "K+1 *pixels"]:
    """Return the log-odds of the background, then of every object; their softmax gives the probabilities.

    The background is where no object is: its probability is the product of 1 - p_k. All probabilities are
    clamped to `CLAMP` .. 1 - `CLAMP`; the computation uses logarithms, so that rounding loses nothing.

    Parameters
    ----------
    object_log_odds : Float[Tensor, "K *pixels"]
        Log-odds of every object, each against everything else; -inf is allowed.

    References
    ----------
    .. [1] S. W. Oh, J.-Y. Lee, K. Sunkavalli, S. J. Kim, "Fast Video Object Segmentation by Reference-Guided
       Mask Propagation", CVPR 2018, https://doi.org/10.1109/CVPR.2018.00770

    Examples
    --------
    >>> class_log_odds(torch.tensor([[0.0], [0.0]])).softmax(dim=0)[:, 0]  # odds 1/3, 1, 1
    tensor([0.1429, 0.4286, 0.4286])
    """
    # In float32 also under autocast: 1 - 1e-7 would be 1.
    exact = object_log_odds.to(torch.promote_types(object_log_odds.dtype, torch.float32))
    clamped = exact.clamp(-LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
    background = F.logsigmoid(-clamped).sum(dim=0).clamp(math.log(CLAMP), math.log1p(-CLAMP))
    return torch.cat([(background - torch.log(-torch.expm1(background)))[None], clamped])
