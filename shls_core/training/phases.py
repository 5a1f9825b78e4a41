"""The phases of a training run: each part restarts schedule, moving average and validation."""

from collections.abc import Sequence
from dataclasses import dataclass

from shls_core.training.config import TrainingConfig


@dataclass(frozen=True)
class Phase:
    """One part of a run; it ends where the next one begins, or with the run.

    Attributes
    ----------
    first_step : int
        Counted from 0; the first phase of a run begins at 0.
    learning_rate : float or None
        Highest learning rate; None: that of the configuration.
    key : str
        The key of the configuration that sets `first_step`, for messages.
    """

    first_step: int = 0
    learning_rate: float | None = None
    key: str = ""


ONE_PHASE = (Phase(),)
"""The phases of a method that has only one."""


def phase_at(step: int, phases: Sequence[Phase]) -> Phase:
    """Return the phase that a step belongs to, steps counted from 0."""
    return max((phase for phase in phases if phase.first_step <= step), key=lambda phase: phase.first_step)


def phase_steps(phase: Phase, phases: Sequence[Phase], config: TrainingConfig) -> int:
    """Return the number of steps of a phase."""
    later = [other.first_step for other in phases if other.first_step > phase.first_step]
    return min(later, default=config.steps) - phase.first_step


def check_phases(phases: Sequence[Phase], config: TrainingConfig) -> None:
    """Check that every phase has steps, enough of them for its warm-up.

    Raises
    ------
    ValueError
        If a phase does not.
    """
    for phase in phases:
        if phase.first_step >= config.steps:
            raise ValueError(
                f"expected {phase.key} below training.steps ({config.steps}), got {phase.first_step}"
            )
    shortest = min(phase_steps(phase, phases, config) for phase in phases)
    if config.warmup_steps > shortest:
        raise ValueError(
            f"expected training.warmup_steps of at most {shortest}, the steps of the shortest phase, "
            f"got {config.warmup_steps}"
        )
