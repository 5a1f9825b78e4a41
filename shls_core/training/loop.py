"""The training loop: pure torch, the same code for every method."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from shls_core.errors import InputError
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.divergence import refuse_climbing
from shls_core.training.method import TrainableMethod
from shls_core.training.reproducible import reproducible
from shls_core.training.state import TrainingState, Validation
from shls_core.training.step import StepMetrics, take_step
from shls_core.training.uninterrupted import uninterrupted

Validate = Callable[[Mapping[str, Tensor]], float]
"""Takes weights; returns their J&F, 0..1, on held-out sequences."""


@dataclass(frozen=True)
class TrainedWeights:
    """States of the network after training, for `torch.nn.Module.load_state_dict`.

    Attributes
    ----------
    averaged : dict of str to Tensor
        Moving average over the run.
    best : dict of str to Tensor, or None
        The moving average at the best validation; None where there was none.
    """

    averaged: dict[str, Tensor]
    best: dict[str, Tensor] | None = None


def train(
    method: TrainableMethod,
    batches: Iterable[TrainingBatch],
    config: TrainingConfig,
    on_step: Callable[[StepMetrics], None],
    *,
    state: TrainingState | None = None,
    validate: Validate | None = None,
    on_validation: Callable[[Validation], None] = lambda validation: None,
    save: Callable[[TrainingState], None] = lambda state: None,
    save_every: int | None = None,
) -> TrainedWeights:
    """Minimise the loss of a method.

    Equal initial weights, batches, configuration and device kind give equal bits, with or without
    interruptions: a run that resumes from a saved state ends like one that was never interrupted.

    Parameters
    ----------
    method : TrainableMethod
        Its network is trained in place and left in training mode.
    batches : Iterable of TrainingBatch
        One for every remaining step, starting after `state.step`; no more are taken.
    config : TrainingConfig
    on_step : Callable
        Called after every step.
    state : TrainingState, optional
        Where to resume; by default the network as it is, before the first step.
    validate : Callable, optional
        Scores weights when the configuration requires it; must not change the network in training.
    on_validation : Callable
        Called after every validation.
    save : Callable
        Called with the state every `save_every` steps, and before Ctrl-C or SIGTERM ends the run.
    save_every : int, optional
        By default the state is saved only at interruptions.

    Raises
    ------
    TrainingDiverged
        If loss or gradient is not finite, or the loss climbs.
    InputError
        If there are fewer batches than steps, if validation is configured without `validate`, or if the
        precision is still to be chosen.
    """
    if config.precision == "auto":
        raise InputError("expected a training precision of fp32 or bf16, got auto: it is chosen before")
    if config.validate_every and validate is None:
        raise InputError(f"expected a way to validate every {config.validate_every} steps, got none")
    state = state or TrainingState.begin(method.network, config)
    coming = iter(batches)
    # No interruption splits a change of the state: it is always a state between two steps.
    with reproducible(config.num_threads):
        try:
            while True:
                if validate and state.validation_is_due(config, method.phases):
                    score = validate(state.average.state)
                    with uninterrupted():
                        on_validation(state.note_validation(score))
                if state.step == config.steps:
                    break
                batch = next(coming, None)
                if batch is None:
                    raise InputError(f"expected {config.steps} batches, got {state.step}")
                with uninterrupted():
                    on_step(take_step(state, method, batch, config))
                refuse_climbing(state.losses, config, method.phases)
                if save_every and state.step % save_every == 0:
                    save(state)
        except BaseException as end:
            if state.step and not isinstance(end, Exception):
                save(state)
            raise
    return TrainedWeights(state.average.state, state.best)
