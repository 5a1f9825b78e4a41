"""Cells of a frame as the vectors that label propagation compares."""

import torch
from jaxtyping import Float, Float16
from torch import Tensor

from shls_core.propagation.label_config import Similarity


def cell_vectors(encoded: Float[Tensor, "C h w"], similarity: Similarity) -> Float[Tensor, "h w C"]:
    """Return the features of every cell as a similarity compares them by inner products.

    For cosines they are unit vectors in float16; for inner products the features as they are, in float32:
    products may be large, and a softmax without a temperature shows every error of them.
    """
    if similarity == "cosine":
        return unit_vectors(encoded)
    return encoded.float().permute(1, 2, 0).contiguous()


def unit_vectors(encoded: Float[Tensor, "C h w"]) -> Float16[Tensor, "h w C"]:
    """Return the features of every cell at unit length; features that are 0 stay 0."""
    vectors = encoded.float().permute(1, 2, 0)
    lengths = torch.linalg.vector_norm(vectors, dim=2, keepdim=True).clamp(min=1e-12)
    unit = torch.empty(vectors.shape, dtype=torch.float16, device=vectors.device)
    return torch.div(vectors, lengths, out=unit)
