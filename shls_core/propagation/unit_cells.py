"""Cells of a frame as unit vectors, which label propagation compares."""

import torch
from jaxtyping import Float, Float16
from torch import Tensor


def unit_vectors(encoded: Float[Tensor, "C h w"]) -> Float16[Tensor, "h w C"]:
    """Return the features of every cell at unit length; features that are 0 stay 0."""
    vectors = encoded.float().permute(1, 2, 0)
    lengths = torch.linalg.vector_norm(vectors, dim=2, keepdim=True).clamp(min=1e-12)
    unit = torch.empty(vectors.shape, dtype=torch.float16, device=vectors.device)
    return torch.div(vectors, lengths, out=unit)
