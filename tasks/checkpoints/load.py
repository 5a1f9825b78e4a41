"""From a checkpoint in the store to a network on a device."""

from typing import TYPE_CHECKING

import torch
from pydantic import ValidationError
from torch import nn

from shls_core.errors import InputError
from shls_core.frozen import first_problem
from shls_core.training.weights import weights_from_bytes
from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, record_id
from tasks.training.learning_config import method_of

if TYPE_CHECKING:
    from storage.store import Store  # imports Delta Lake, which training alone does not need


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
    """Return the network of a checkpoint in memory; rounded weights become float32.

    Raises
    ------
    InputError
        As for `load_checkpoint`.
    """
    method, section = method_of(record)
    # Other keys of the section are not read, and may be of another version.
    shape = {key: section[key] for key in ("name", "network") if key in section}
    try:
        config = method.config.model_validate(shape)
    except ValidationError as error:
        raise InputError(
            f"expected a checkpoint of a network as this version has it, got {short(record_id(record))}…: "
            f"method.{first_problem(error)}"
        ) from error
    return method.network_with_weights(config, weights_from_bytes(weights)).to(device)
