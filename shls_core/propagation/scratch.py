"""Working memory that is used again and again."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


class Scratch:
    """Named float32 tensors that are overwritten: each takes as much memory as its largest use.

    Large tensors that are allocated for every block of a computation cost more time than what is done with
    them, since their pages are new every time.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._values: dict[str, Float[Tensor, " values"]] = {}

    def take(self, name: str, *shape: int) -> Float[Tensor, "..."]:
        """Return a tensor of any content; what was taken under this name before is overwritten with it."""
        num_values = math.prod(shape)
        held = self._values.get(name)
        if held is None or len(held) < num_values:
            self._values.pop(name, None)
            held = self._values[name] = torch.empty(num_values, device=self._device)
        return held[:num_values].view(shape)
