"""Multi-class NT-Xent over the superfeatures of one frame."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.methods.scaled_cosines import scaled_cosines


def nt_xent(
    superfeatures: Float[Tensor, "R S"], labels: Int64[Tensor, " R"], temperature: float
) -> Float[Tensor, ""]:
    r"""Pull superfeatures of the same object together, push those of different objects apart.

    Every ordered pair (i, p) of different superpixels with the same label gives one term,

    .. math:: -\log \frac{e^{s_{ip}/\tau}}{e^{s_{ip}/\tau} + \sum_{n: y_n \ne y_i} e^{s_{in}/\tau}},

    and the loss is the mean over the terms.

    Parameters
    ----------
    superfeatures : Float[Tensor, "R S"]
        Vectors of unit length; their inner products are the similarities s.
    labels : Int64[Tensor, "R"]
        Object of every superpixel; the background is a class like any other.
    temperature : float
        The :math:`\tau` above, greater than 0.

    Returns
    -------
    Float[Tensor, ""]
        Mean over pairs; 0 where no pair has a positive and a negative to compare.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.2
    .. [2] T. Chen, S. Kornblith, M. Norouzi, G. Hinton, "A Simple Framework for Contrastive Learning of
       Visual Representations", ICML 2020, https://doi.org/10.48550/arXiv.2002.05709
    """
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    if bool(same.all()) or not bool(positive.any()):
        return superfeatures.sum() * 0.0  # still part of the graph: its gradient is zero
    similarity = scaled_cosines(superfeatures, superfeatures, temperature)
    negatives = similarity.masked_fill(same, -torch.inf).logsumexp(dim=1, keepdim=True)
    # -log(e^s / (e^s + e^n)) = log(1 + e^(n - s)), without forming either exponential.
    return F.softplus(negatives - similarity)[positive].mean()
