"""From a checkpoint in the store to a network on a device."""

import os
from typing import TYPE_CHECKING

import torch
from pydantic import ValidationError
from torch import nn

from shls_core.errors import InputError, MissingComponent
from shls_core.training.weights import weights_from_bytes
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, record_id
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.learning_config import method_of

if TYPE_CHECKING:
    from storage.store import Store  # with it comes Delta Lake, which training alone does without


def load_checkpoint(store: "Store", checkpoint: str, device: torch.device) -> nn.Module:
    """Return the trained network of a checkpoint.

    Raises
    ------
    InputError
        If it is of a network that this version does not know, or its weights are of another one.
    """
    record = get_record(store.objects, checkpoint, CheckpointRecord)
    return network_of(record, store.objects.get(record.weights), device)


def network_of(record: CheckpointRecord, weights: bytes, device: torch.device) -> nn.Module:
    """Return the network of a checkpoint that was read; weights that are rounded become float32.

    Raises
    ------
    InputError
        As for `load_checkpoint`.
    """
    method, section = method_of(record)
    # What else the section says is not read, and may be of another version.
    shape = {key: section[key] for key in ("name", "network") if key in section}
    try:
        config = method.config.model_validate(shape)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("method", *first["loc"])))
        raise InputError(
            f"expected a checkpoint of a network as this version has it, got {record_id(record)[:12]}…: "
            f"{where}: {first['msg']}"
        ) from error
    return method.network_with_weights(config, weights_from_bytes(weights)).to(device)


def choose_device(execution: ExecutionConfig) -> torch.device:
    """Return the device to run networks on.

    For a GPU, the environment is told what its matrix products need to repeat bit for bit: read at the first
    of them.

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
