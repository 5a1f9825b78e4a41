"""The learning rate of every step."""

import math

from shls_core.training.config import TrainingConfig


def learning_rate_at(step: int, config: TrainingConfig) -> float:
    """Return the learning rate of a step, steps counted from 0.

    Examples
    --------
    >>> config = TrainingConfig(steps=101, learning_rate=1.0, schedule="cosine", warmup_steps=1)
    >>> [round(learning_rate_at(step, config), 3) for step in (0, 1, 51, 91)]
    [1.0, 1.0, 0.5, 0.024]
    """
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - config.warmup_steps) / max(config.steps - config.warmup_steps, 1)
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))
