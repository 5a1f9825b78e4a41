"""The figures of a training run, step by step, as observers get them."""

import resource
import time
from collections.abc import Callable, Mapping

import torch

from shls_core.training.state import Validation
from shls_core.training.step import StepMetrics

Row = Mapping[str, float]
"""Figures of one step, or of one validation, by name; ``step`` is always among them."""
Observer = Callable[[Row], None]

VALIDATION = "validation/J&F"


class StepMeter:
    """Adds to the figures of a step its speed, and the memory that the run has used so far.

    Parameters
    ----------
    batch_size
        Pseudo-sequences in a step.
    device
        Where it runs.
    """

    def __init__(self, batch_size: int, device: torch.device) -> None:
        self._batch_size, self._device = batch_size, device
        self._last = time.perf_counter()

    def begin(self) -> None:
        """Start the time of the next step now: the time before belongs to no step."""
        self._last = time.perf_counter()

    def row(self, metrics: StepMetrics) -> Row:
        """Return the row of a step that was just done.

        ``samples_per_second`` counts pseudo-sequences from one step to the next, reading included;
        ``memory_bytes`` is the most that the process ever held, ``device_memory_bytes`` that of a GPU.
        """
        now = time.perf_counter()
        seconds, self._last = now - self._last, now
        row = {
            "step": metrics.step,
            "loss": metrics.loss,
            **{f"loss/{name}": term for name, term in metrics.terms.items()},
            "learning_rate": metrics.learning_rate,
            "gradient_norm": metrics.gradient_norm,
            "samples_per_second": self._batch_size / max(seconds, 1e-9),
            "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        if self._device.type == "cuda":
            row["device_memory_bytes"] = torch.cuda.max_memory_allocated(self._device)
        return row


def validation_row(validation: Validation) -> Row:
    """Return the row of a validation."""
    return {"step": validation.step, VALIDATION: validation.score}
