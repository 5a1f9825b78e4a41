"""The training loop: pure torch, one path for every method."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from shls_core.errors import InputError, TrainingDiverged
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.method import TrainableMethod
from shls_core.training.moving_average import MovingAverage
from shls_core.training.reproducible import reproducible
from shls_core.training.schedule import learning_rate_at


@dataclass(frozen=True)
class StepMetrics:
    """What is known after an optimiser step.

    Attributes
    ----------
    step : int
        Steps done, from 1.
    loss : float
        Sum of the terms, before the step.
    terms : Mapping of str to float
        The terms of the loss.
    learning_rate : float
    gradient_norm : float
        Euclidean length of the gradient before clipping.
    """

    step: int
    loss: float
    terms: Mapping[str, float]
    learning_rate: float
    gradient_norm: float


@dataclass(frozen=True)
class TrainedWeights:
    """States of the network after training, for `torch.nn.Module.load_state_dict`.

    Attributes
    ----------
    averaged : dict of str to Tensor
        Moving average over the run: the weights to use.
    last : dict of str to Tensor
        Weights of the last step.
    """

    averaged: dict[str, Tensor]
    last: dict[str, Tensor]


def train(
    method: TrainableMethod,
    batches: Iterable[TrainingBatch],
    config: TrainingConfig,
    on_step: Callable[[StepMetrics], None],
) -> TrainedWeights:
    """Minimise the loss of a method with Adam.

    Equal initial weights, batches, configuration and device kind give equal bits.

    Parameters
    ----------
    method : TrainableMethod
        Its network is trained in place and left in training mode.
    batches : Iterable of TrainingBatch
        At least `config.steps` of them; no more are taken.
    config : TrainingConfig
    on_step : Callable
        Told of every step as it is done.

    Raises
    ------
    TrainingDiverged
        If loss or gradient is not finite.
    InputError
        If there are fewer batches than steps.
    """
    network = method.network.train()
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    average = MovingAverage(network, config.ema_decay)
    step = 0
    with reproducible(config.num_threads):
        for step, batch in zip(range(1, config.steps + 1), batches, strict=False):
            learning_rate = learning_rate_at(step - 1, config)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate
            terms = method.loss(batch)
            loss = torch.stack(list(terms.values())).sum()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), config.gradient_clip)
            metrics = StepMetrics(
                step,
                loss.item(),
                {name: term.item() for name, term in terms.items()},
                learning_rate,
                norm.item(),
            )
            if not (math.isfinite(metrics.loss) and math.isfinite(metrics.gradient_norm)):
                raise TrainingDiverged(
                    f"expected finite loss and gradient, got loss {metrics.loss} and "
                    f"gradient norm {metrics.gradient_norm} (step {step})"
                )
            optimiser.step()
            average.update(network)
            on_step(metrics)
    if step < config.steps:
        raise InputError(f"expected {config.steps} batches, got {step}")
    last = {name: value.detach().clone() for name, value in network.state_dict().items()}
    return TrainedWeights(average.state, last)
