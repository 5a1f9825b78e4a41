"""The gradient of a step: of its whole batch, or the mean over the shares of the batch."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from shls_core.seeding import generator
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.exchange import Exchange
from shls_core.training.method import TrainableMethod
from shls_core.training.reproducible import seeded
from shls_core.training.running_statistics import RunningStatistics
from shls_core.training.state import TrainingState

_PIECE = 1 << 24
"""Elements that are gathered at a time, so that not the gradients of all shares are in memory at once."""


@dataclass(frozen=True)
class Loss:
    """A loss whose gradient is that of the network's parameters.

    Attributes
    ----------
    total : float
        Sum of the terms.
    terms : Mapping of str to float
        By name.
    """

    total: float
    terms: Mapping[str, float]


def backward_step(
    state: TrainingState,
    method: TrainableMethod,
    batches: Sequence[TrainingBatch],
    config: TrainingConfig,
    exchange: Exchange,
) -> Loss:
    """Set the gradient of a step, and return its loss; both are the same in every worker.

    Parameters
    ----------
    state : TrainingState
    method : TrainableMethod
    batches : sequence of TrainingBatch
        One for each share of this worker.
    config : TrainingConfig
    exchange : Exchange
    """
    if exchange.num_shares == 1:
        (batch,) = batches
        return _backward(state, method, batch, config, config.seed)
    statistics = RunningStatistics(state.network)
    parameters = [value for value in state.network.parameters() if value.requires_grad]
    found, gradients, running = [], [], []
    for share, batch in zip(exchange.shares, batches, strict=True):
        statistics.restore()
        loss = _backward(state, method, batch, config, _seed_of(share, config))
        times, after = statistics.of_share()
        found.append((loss, times, [value.grad is not None for value in parameters]))
        gradients.append(_flat(parameters))
        running.append(after)
    of_shares = exchange.gather(found)
    losses = [loss for loss, _, _ in of_shares]
    statistics.fold(zip([times for _, times, _ in of_shares], exchange.gather_vectors(running), strict=True))
    has_gradient = [any(of_parameter) for of_parameter in zip(*(has for *_, has in of_shares), strict=True)]
    _set_gradient(parameters, has_gradient, _mean(gradients, exchange))
    return _mean_loss(losses)


def _backward(
    state: TrainingState, method: TrainableMethod, batch: TrainingBatch, config: TrainingConfig, seed: int
) -> Loss:
    device = next(state.network.parameters()).device
    low_precision = torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16")
    with seeded(seed, state.step, device), low_precision:
        terms = method.loss(batch, state.step)
        loss = torch.stack(list(terms.values())).sum()
    state.optimiser.zero_grad()
    torch.autograd.backward(loss)
    return Loss(loss.item(), {name: term.item() for name, term in terms.items()})


def _seed_of(share: int, config: TrainingConfig) -> int:
    """Return the seed from which a share draws, in every step; it is the same in every worker."""
    return int(generator(config.seed, "share", str(share)).integers(2**63))


def _flat(parameters: Sequence[Tensor]) -> Float[Tensor, " N"]:
    """Return the gradients of parameters, one after the other; 0 for those without."""
    return torch.cat(
        [(torch.zeros_like(value) if value.grad is None else value.grad).flatten() for value in parameters]
    )


def _mean(own: Sequence[Float[Tensor, " N"]], exchange: Exchange) -> Float[Tensor, " N"]:
    """Return the mean of the vectors of all shares, added in the order of the shares."""
    mean = torch.empty_like(own[0])
    for start in range(0, len(mean), _PIECE):
        piece = slice(start, start + _PIECE)
        rows = exchange.gather_vectors([vector[piece] for vector in own])
        mean[piece] = functools.reduce(torch.add, rows) / len(rows)
    return mean


def _set_gradient(
    parameters: Sequence[Tensor], has_gradient: Sequence[bool], flat: Float[Tensor, " N"]
) -> None:
    """Set the gradients of parameters; one that no share depends on has none, as without shares."""
    pieces = torch.split(flat, [value.numel() for value in parameters])
    for value, has, piece in zip(parameters, has_gradient, pieces, strict=True):
        value.grad = piece.view_as(value).to(value.dtype) if has else None


def _mean_loss(losses: Sequence[Loss]) -> Loss:
    names = losses[0].terms.keys()
    assert all(loss.terms.keys() == names for loss in losses)
    terms = {name: sum(loss.terms[name] for loss in losses) / len(losses) for name in names}
    return Loss(sum(loss.total for loss in losses) / len(losses), terms)
