"""How alike superfeatures are, as losses compare it."""

import torch
from jaxtyping import Float
from torch import Tensor


def scaled_cosines(
    queries: Float[Tensor, "Q S"], keys: Float[Tensor, "K S"], temperature: float
) -> Float[Tensor, "Q K"]:
    """Return the inner products of vectors of unit length over a temperature, at least in float32.

    Also under autocast: divided by the temperature, eight bits of a cosine are a tenth off.
    """
    with torch.autocast(queries.device.type, enabled=False):
        exact_queries, exact_keys = (
            vectors.to(torch.promote_types(vectors.dtype, torch.float32)) for vectors in (queries, keys)
        )
        return exact_queries @ exact_keys.T / temperature
