"""The device that networks run on, and its properties that decide the bits of results."""

import os

import torch

from shls_core.errors import MissingComponent
from tasks.runs.execution_config import ExecutionConfig


def choose_device(execution: ExecutionConfig) -> torch.device:
    """Return the device to run networks on.

    For a GPU, an environment variable is set that makes its matrix products repeat bit for bit; it is read at
    the first of them.

    Raises
    ------
    MissingComponent
        If a GPU was asked for and torch finds none.
    """
    has_gpu = torch.cuda.is_available()
    if execution.device == "cuda" and not has_gpu:
        raise MissingComponent("expected a GPU (execution.device: cuda), torch finds none; use device: cpu")
    device = torch.device("cuda" if has_gpu and execution.device != "cpu" else "cpu")
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return device


def device_kind(device: torch.device) -> str:
    """Return what decides the bits on a device: ``cpu`` and its instruction set, or the model of the GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu {torch.backends.cpu.get_cpu_capability()}"
