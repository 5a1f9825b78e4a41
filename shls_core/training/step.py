"""One step of training: from a batch to updated weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.divergence import refuse_not_finite
from shls_core.training.exchange import Exchange
from shls_core.training.method import TrainableMethod
from shls_core.training.optimiser import set_learning_rate
from shls_core.training.schedule import learning_rate_at
from shls_core.training.shares import backward_step
from shls_core.training.state import TrainingState


@dataclass(frozen=True)
class StepMetrics:
    """The metrics of an optimiser step.

    Attributes
    ----------
    step : int
        Steps done, from 1.
    loss : float
        Sum of the terms, before the step; the mean over the shares of the batch.
    terms : Mapping of str to float
        The terms of the loss, likewise.
    learning_rate : float
    gradient_norm : float
        Euclidean length of the gradient before clipping.
    """

    step: int
    loss: float
    terms: Mapping[str, float]
    learning_rate: float
    gradient_norm: float


def take_step(
    state: TrainingState,
    method: TrainableMethod,
    batches: Sequence[TrainingBatch],
    config: TrainingConfig,
    exchange: Exchange,
) -> StepMetrics:
    """Take one optimiser step; the state is then one step further, the same in every worker.

    Parameters
    ----------
    state : TrainingState
    method : TrainableMethod
    batches : sequence of TrainingBatch
        The batch of the step: one for each share of this worker.
    config : TrainingConfig
    exchange : Exchange

    Raises
    ------
    TrainingDiverged
        If loss or gradient is not finite; weights and average then stay unchanged.
    """
    learning_rate = learning_rate_at(state.step, config, method.phases)
    set_learning_rate(state.optimiser, learning_rate)
    loss = backward_step(state, method, batches, config, exchange)
    norm = torch.nn.utils.clip_grad_norm_(state.network.parameters(), config.gradient_clip)
    metrics = StepMetrics(state.step + 1, loss.total, loss.terms, learning_rate, norm.item())
    refuse_not_finite(metrics.step, metrics.loss, metrics.gradient_norm)
    state.optimiser.step()
    method.after_step(state.step)
    if any(state.step == phase.first_step for phase in method.phases):
        state.average.begin_anew()
    state.average.update(state.network)
    state.losses.append(metrics.loss)
    return metrics
