"""Attention maps: the input of refinement that shows where an object is."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.superpixel_memory.similarities import Similarities, strongest_other

ATTENTION_CHANNELS = 4


def attention_channels(
    similarities: Similarities, objects: Int64[Tensor, " objects"]
) -> Float[Tensor, "objects R 4"]:
    """Return the four attention values of every superpixel for some objects; `paint` turns them into maps.

    Parameters
    ----------
    similarities : Similarities
        Of one frame, from `MemoryBank.predict`.
    objects : Int64[Tensor, "objects"]
        Their columns in the similarities: `MemoryBank.object_columns`.

    Returns
    -------
    Float[Tensor, "objects R 4"]
        Of object k, in 0..1 each: S^k, max over l != k of S^l, L^k, max over l != k of L^l, where S is the
        short-term and L the long-term similarity, and l includes the background.

    References
    ----------
    .. [1] M. Mendonça, J. Fontinele, L. Oliveira, "SHLS: Superfeatures Learned from Still Images for
       Self-supervised VOS", BMVC 2023, section 3.3
    """
    short_term, long_term = similarities.short_term, similarities.long_term
    of_classes = [short_term, strongest_other(short_term), long_term, strongest_other(long_term)]
    return torch.stack([values.T[objects] for values in of_classes], dim=-1)
