"""The running statistics of batch norms over the shares of a step."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class RunningStatistics:
    """The running means and variances of a network, as they are before a step.

    Every share begins with these, wherever it is computed: what a share finds must not depend on which shares
    the same worker computed before.

    Parameters
    ----------
    network : torch.nn.Module
        Its batch norms have a fixed momentum, and are all that a loss changes of its buffers.
    """

    def __init__(self, network: nn.Module) -> None:
        self._norms = [
            module
            for module in network.modules()
            if isinstance(module, _BatchNorm) and module.track_running_stats
        ]
        assert all(norm.momentum is not None for norm in self._norms)
        self._running = [
            value
            for norm in self._norms
            for value in (norm.running_mean, norm.running_var)
            if value is not None
        ]
        self._counters = [
            norm.num_batches_tracked for norm in self._norms if norm.num_batches_tracked is not None
        ]
        ours = {id(value) for value in (*self._running, *self._counters)}
        self._others = [value for value in network.buffers() if id(value) not in ours]
        self._nothing = next(network.parameters()).new_empty(0)
        self._before = [value.clone() for value in self._running]
        self._counted = [value.clone() for value in self._counters]
        self._others_before = [value.clone() for value in self._others]

    @torch.no_grad()
    def restore(self) -> None:
        """Put back what was there before the step."""
        for value, before in zip(self._running, self._before, strict=True):
            value.copy_(before)
        for counter, counted in zip(self._counters, self._counted, strict=True):
            counter.copy_(counted)

    @torch.no_grad()
    def of_share(self) -> tuple[list[int], Float[Tensor, " N"]]:
        """Return what a share came to: how often each norm was updated, and all statistics after that."""
        for value, before in zip(self._others, self._others_before, strict=True):
            assert torch.equal(value, before), "a loss changed a buffer that is none of a batch norm"
        if not self._norms:
            return [], self._nothing
        times = torch.stack(self._counters) - torch.stack(self._counted)
        return times.tolist(), torch.cat([value.flatten() for value in self._running])

    @torch.no_grad()
    def fold(self, of_shares: Iterable[tuple[list[int], Float[Tensor, " N"]]]) -> None:
        """Set the statistics as if the shares had passed through the network one after the other.

        A norm of momentum m that a share updates k times keeps (1 - m) ** k of what was there before it: of
        what the earlier shares have left, instead of what was there before the step.
        """
        self.restore()
        kept = [1.0 - (norm.momentum or 0.0) for norm in self._norms for _ in range(2)]
        sizes = [value.numel() for value in self._running]
        for times, after in of_shares:
            twice = [number for number in times for _ in range(2)]
            for value, before, keep, number, flat in zip(
                self._running, self._before, kept, twice, torch.split(after, sizes), strict=True
            ):
                value.copy_(flat.view_as(value) + keep**number * (value - before))
            for counter, number in zip(self._counters, times, strict=True):
                counter.add_(number)
