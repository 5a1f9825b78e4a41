"""From a checkpoint in the store to a network on a device."""

import torch
from pydantic import ValidationError

from shls_core.errors import InputError, MissingComponent
from shls_core.network.config import NetworkConfig
from shls_core.network.shls_network import ShlsNetwork, network_with_weights
from shls_core.training.weights import weights_from_bytes
from storage.learned import CheckpointRecord
from storage.manifest import get_record
from storage.store import Store
from tasks.execution_config import ExecutionConfig


def load_checkpoint(store: Store, checkpoint: str, device: torch.device) -> ShlsNetwork:
    """Return the trained network of a checkpoint.

    Raises
    ------
    InputError
        If it is of a network that this version does not know, or its weights are of another one.
    """
    record = get_record(store.objects, checkpoint, CheckpointRecord)
    try:
        config = NetworkConfig.model_validate(record.configuration.get("network"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("network", *first["loc"])))
        raise InputError(
            f"expected a checkpoint of a network as this version has it, got {checkpoint[:12]}…: "
            f"{where}: {first['msg']}"
        ) from error
    return network_with_weights(config, weights_from_bytes(store.objects.get(record.weights))).to(device)


def choose_device(execution: ExecutionConfig) -> torch.device:
    """Return the device to run networks on.

    Raises
    ------
    MissingComponent
        If a GPU was asked for and torch finds none.
    """
    has_gpu = torch.cuda.is_available()
    if execution.device == "cuda" and not has_gpu:
        raise MissingComponent("expected a GPU (execution.device: cuda), torch finds none; use device: cpu")
    return torch.device("cuda" if has_gpu and execution.device != "cpu" else "cpu")


def device_kind(device: torch.device) -> str:
    """Return what a device is: ``cpu``, or the model of the GPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
