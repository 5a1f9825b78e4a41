"""The number format that a training computes in, chosen before the training has a key."""

from shls_core.training.config import TrainingConfig
from tasks.runs.bfloat16 import computes_bfloat16
from tasks.runs.device import choose_device
from tasks.runs.execution_config import ExecutionConfig
from tasks.terminal import print_line


def with_precision(training: TrainingConfig, execution: ExecutionConfig) -> TrainingConfig:
    """Return a configuration whose precision is known: ``auto`` is what the device has instructions for."""
    if training.precision != "auto":
        return training
    has_bfloat16 = computes_bfloat16(choose_device(execution))
    return training.model_copy(update={"precision": "bf16" if has_bfloat16 else "fp32"})


def warn_of_slow_precision(training: TrainingConfig, execution: ExecutionConfig) -> None:
    """Say in a line that bfloat16 is asked for where the device has no instructions for it."""
    if training.precision == "bf16" and not computes_bfloat16(choose_device(execution)):
        print_line(
            "warning: training.precision is bf16, and this processor has no instructions for it: a step "
            "takes many times longer than with fp32 (auto chooses what the device has)"
        )
