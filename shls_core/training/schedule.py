"""The learning rate of every step."""

import math
from collections.abc import Sequence

from shls_core.training.config import TrainingConfig
from shls_core.training.phases import ONE_PHASE, Phase, phase_at, phase_steps


def learning_rate_at(step: int, config: TrainingConfig, phases: Sequence[Phase] = ONE_PHASE) -> float:
    """Return the learning rate of a step, steps counted from 0; each phase has a schedule of its own.

    Examples
    --------
    >>> config = TrainingConfig(steps=101, learning_rate=1.0, schedule="cosine", warmup_steps=1)
    >>> [round(learning_rate_at(step, config), 3) for step in (0, 1, 51, 91)]
    [1.0, 1.0, 0.5, 0.024]
    >>> config = TrainingConfig(steps=300, learning_rate=1.0, schedule="cosine")
    >>> [round(learning_rate_at(step, config, (Phase(), Phase(200))), 3) for step in (0, 100, 200, 250)]
    [1.0, 0.5, 1.0, 0.5]
    >>> config = TrainingConfig(steps=300, learning_rate=1.0, schedule="step", decay_every=100)
    >>> [learning_rate_at(step, config) for step in (0, 99, 100, 299)]
    [1.0, 1.0, 0.5, 0.25]
    """
    phase = phase_at(step, phases)
    highest, steps = phase.learning_rate or config.learning_rate, phase_steps(phase, phases, config)
    step -= phase.first_step
    if step < config.warmup_steps:
        return highest * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return highest
    if config.schedule == "step":
        return highest * float(config.decay ** ((step - config.warmup_steps) // config.decay_every))
    done = (step - config.warmup_steps) / max(steps - config.warmup_steps, 1)
    return highest * 0.5 * (1.0 + math.cos(math.pi * done))
