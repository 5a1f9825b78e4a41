"""Working memory that is reused."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


class Scratch:
    """Named float32 tensors that are reused: each takes as much memory as its largest use.

    To allocate large tensors for every block of a computation takes more time than the computation itself,
    because their pages are new every time.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._values: dict[str, Float[Tensor, " values"]] = {}

    def take(self, name: str, *shape: int) -> Float[Tensor, "..."]:
        """Return an uninitialised tensor; it shares the memory of the earlier tensors of this name."""
        num_values = math.prod(shape)
        held = self._values.get(name)
        if held is None or len(held) < num_values:
            self._values.pop(name, None)
            held = self._values[name] = torch.empty(num_values, device=self._device)
        return held[:num_values].view(shape)
