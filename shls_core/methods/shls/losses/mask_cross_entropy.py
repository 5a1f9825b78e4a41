"""Cross-entropy of a refined mask."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def mask_cross_entropy(
    log_odds: Float[Tensor, "classes H W"], labels: tuple[int, ...], mask: Int64[Tensor, "H W"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of the labels of a mask, on average over its pixels.

    Parameters
    ----------
    log_odds : Float[Tensor, "classes H W"]
        Their softmax over classes gives the probabilities.
    labels : tuple of int
        The label of each class in the mask.
    mask : Int64[Tensor, "H W"]
        The ground truth. Pixels of objects without a class, because they appeared later, do not count.

    Returns
    -------
    Float[Tensor, ""]
        Mean of ``-log p`` in nats; 0 where no pixel counts.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.4
    """
    # A product with indicators, because torch's two-dimensional kernel is not deterministic on CUDA.
    is_label = mask == torch.tensor(labels, device=mask.device)[:, None, None]
    # In float32 also under autocast: a sum over all pixels with eight significant bits stops growing.
    exact = log_odds.to(torch.promote_types(log_odds.dtype, torch.float32))
    surprise = -(exact.log_softmax(dim=0) * is_label).sum()
    return surprise / is_label.sum().clamp(min=1)
