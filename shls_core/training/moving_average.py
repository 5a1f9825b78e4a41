"""Exponential moving average of the weights of a network."""

import torch
from torch import Tensor, nn


class MovingAverage:
    """Average of a network's state over the steps of a training run.

    Batch statistics are averaged like weights; integers are copied. Early averages cover fewer steps, so that
    the random initial weights are forgotten: the decay of step n is at most (1 + n) / (10 + n).

    Parameters
    ----------
    network : torch.nn.Module
    decay : float
        0 (the average is the last state) up to, not including, 1.

    Attributes
    ----------
    state : dict of str to Tensor
        The average.
    num_updates : int
        Steps averaged since the start or since `begin_anew`.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.num_updates = 0
        self.state: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    def begin_anew(self) -> None:
        """Forget what was averaged, as fast as the random initial weights are forgotten."""
        self.num_updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Add the state after a step."""
        self.num_updates += 1
        decay = min(self._decay, (1 + self.num_updates) / (10 + self.num_updates))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1.0 - decay)
            else:
                self.state[name].copy_(value)
