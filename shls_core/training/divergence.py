"""Stops a run that has diverged: it would learn nothing more."""

import math
from collections.abc import Sequence

from shls_core.errors import TrainingDiverged
from shls_core.training.config import TrainingConfig
from shls_core.training.phases import ONE_PHASE, Phase, phase_at


def refuse_not_finite(step: int, loss: float, gradient_norm: float) -> None:
    """Stop a run whose loss or gradient is not finite.

    Raises
    ------
    TrainingDiverged
        If loss or gradient is not finite.
    """
    if not (math.isfinite(loss) and math.isfinite(gradient_norm)):
        raise TrainingDiverged(
            f"expected finite loss and gradient, got loss {loss} and "
            f"gradient norm {gradient_norm} (step {step})"
        )


def refuse_climbing(
    losses: Sequence[float], config: TrainingConfig, phases: Sequence[Phase] = ONE_PHASE
) -> None:
    """Stop a run that has lost all it had learned; checked at the end of every window of steps.

    Only losses of the same phase are compared, because the next phase may add a term.

    Parameters
    ----------
    losses : sequence of float
        Of every step done.
    config : TrainingConfig
    phases : sequence of Phase

    Raises
    ------
    TrainingDiverged
        If the mean loss of the last window is above that of the first, and more than
        `config.divergence_factor` times the smallest.
    """
    size, done = config.divergence_window, len(losses)
    losses = losses[phase_at(max(done - 1, 0), phases).first_step :]
    if not losses or len(losses) % size:
        return
    means = [sum(losses[start : start + size]) / size for start in range(0, len(losses), size)]
    first, smallest, last = means[0], min(means), means[-1]
    if last > max(first, config.divergence_factor * smallest):
        raise TrainingDiverged(
            f"expected a loss that falls, got {last:.3f} on average over the last {size} steps after "
            f"{first:.3f} in the first and {smallest:.3f} in the best {size} (step {done}); "
            "a lower training.learning_rate or a longer training.warmup_steps helps"
        )
