"""The similarity of unit vectors that losses use."""

import torch
from jaxtyping import Float
from torch import Tensor


def scaled_cosines(
    queries: Float[Tensor, "Q S"], keys: Float[Tensor, "K S"], temperature: float
) -> Float[Tensor, "Q K"]:
    """Return the inner products of unit vectors, divided by a temperature, in float32 at least.

    Autocast does not apply: a cosine with eight significant bits, divided by the temperature, is off by a
    tenth.
    """
    with torch.autocast(queries.device.type, enabled=False):
        exact_queries, exact_keys = (
            vectors.to(torch.promote_types(vectors.dtype, torch.float32)) for vectors in (queries, keys)
        )
        return exact_queries @ exact_keys.T / temperature
