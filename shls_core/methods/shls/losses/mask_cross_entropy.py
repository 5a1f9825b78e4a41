"""Cross-entropy of a refined mask."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def mask_cross_entropy(
    log_odds: Float[Tensor, "classes H W"], labels: tuple[int, ...], mask: Int64[Tensor, "H W"]
) -> Float[Tensor, ""]:
    """Return how surprising the labels of a mask are, on average over its pixels.

    Parameters
    ----------
    log_odds : Float[Tensor, "classes H W"]
        Their softmax over classes are the probabilities.
    labels : tuple of int
        What the classes are called in the mask.
    mask : Int64[Tensor, "H W"]
        The truth. Pixels of objects that are no class, having appeared later, do not count.

    Returns
    -------
    Float[Tensor, ""]
        Mean of ``-log p`` in nats; 0 where no pixel counts.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.4
    """
    # A product with indicators: the two-dimensional kernel of torch has no deterministic form on CUDA.
    is_label = mask == torch.tensor(labels, device=mask.device)[:, None, None]
    # In float32 also under autocast: a sum over all pixels in eight bits stops growing.
    exact = log_odds.to(torch.promote_types(log_odds.dtype, torch.float32))
    surprise = -(exact.log_softmax(dim=0) * is_label).sum()
    return surprise / is_label.sum().clamp(min=1)
