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
    >>> config = TrainingConfig(steps=300, learning_rate=1.0, schedule="cosine", refinement_from=200)
    >>> [round(learning_rate_at(step, config), 3) for step in (0, 100, 200, 250)]
    [1.0, 0.5, 1.0, 0.5]
    """
    highest, steps = config.learning_rate, config.refinement_from or config.steps
    if step >= steps:
        highest = config.refinement_learning_rate or highest
        step, steps = step - steps, config.steps - steps
    if step < config.warmup_steps:
        return highest * (step + 1) / config.warmup_steps
    if config.schedule == "constant":
        return highest
    done = (step - config.warmup_steps) / max(steps - config.warmup_steps, 1)
    return highest * 0.5 * (1.0 + math.cos(math.pi * done))
