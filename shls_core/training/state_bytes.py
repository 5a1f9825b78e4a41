"""The state of a training run as bytes, and back: safetensors, with a JSON header for other values."""

import json
from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from shls_core.errors import InputError
from shls_core.training.state import TrainingState, Validation

_HEADER = "training"


def state_to_bytes(state: TrainingState) -> bytes:
    """Serialise a state: everything that the rest of the run depends on."""
    moments = state.optimiser.state_dict()["state"]
    tensors = {
        **_prefixed("network", state.network.state_dict()),
        **_prefixed("average", state.average.state),
        **_prefixed("best", state.best or {}),
        **{
            key: value
            for number, of_parameter in moments.items()
            for key, value in _prefixed(f"optimiser.{number}", of_parameter).items()
        },
        "losses": torch.tensor(state.losses, dtype=torch.float64),
    }
    header = {
        "num_updates": state.average.num_updates,
        "validations": [[validation.step, validation.score] for validation in state.validations],
    }
    data: bytes = safetensors.torch.save(tensors, {_HEADER: json.dumps(header)})
    return data


def restore_state(state: TrainingState, data: bytes) -> None:
    """Restore a saved state into a new one.

    Parameters
    ----------
    state : TrainingState
        Its network and configuration equal those of the saved one; changed in place, on its own device.
    data : bytes
        From `state_to_bytes`.

    Raises
    ------
    InputError
        If the bytes are not a state, or the state of another network.
    """
    try:
        tensors = safetensors.torch.load(data)
        header = json.loads(_metadata(data)[_HEADER])
        device = next(state.network.parameters()).device
        state.network.load_state_dict(_of(tensors, "network"))
        for name, value in _of(tensors, "average").items():
            state.average.state[name].copy_(value)
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _of(tensors, "optimiser").items():
            number, name = key.split(".")
            moments.setdefault(int(number), {})[name] = value
        groups = state.optimiser.state_dict()["param_groups"]
        state.optimiser.load_state_dict({"state": moments, "param_groups": groups})
        state.average.num_updates = header["num_updates"]
        state.losses[:] = tensors["losses"].tolist()
        state.validations[:] = [Validation(step, score) for step, score in header["validations"]]
        state.best = {name: value.to(device) for name, value in _of(tensors, "best").items()} or None
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise InputError(f"expected the state of a training run, got {len(data)} bytes: {error}") from error


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # Copies, because safetensors rejects tensors that share memory.
    return {f"{prefix}.{name}": value.detach().cpu().clone() for name, value in tensors.items()}


def _of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}


def _metadata(data: bytes) -> dict[str, Any]:
    """Return the metadata of a safetensors file."""
    length = int.from_bytes(data[:8], "little")
    metadata: dict[str, Any] = json.loads(data[8 : 8 + length])["__metadata__"]
    return metadata
