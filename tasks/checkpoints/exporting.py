"""Exports a checkpoint from a store: unchanged, or in the form of the one that comes with the project."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.config import MethodConfig
from shls_core.training.weights import weights_from_bytes, weights_to_bytes
from storage.canonical import digest_bytes, short
from storage.files.new_folder import new_folder
from storage.kinds import RecordKind
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, record_id
from storage.store import Store
from tasks.training.learn import Learned
from tasks.training.learning_config import learning_of, used_with
from tasks.training.trained_folder import write_trained


def export_checkpoint(store: Store, checkpoint: str, folder: Path) -> str:
    """Write a checkpoint into a new folder and return its id.

    Raises
    ------
    NameUnknown
        If the store has no such checkpoint.
    InputError
        If the folder is not empty.
    StoreUnwritable
        If it cannot be written.
    """
    return _written(_read(store, checkpoint), folder)


def export_pretrained(store: Store, checkpoint: str, folder: Path, use: MethodConfig) -> str:
    """Write a checkpoint in a form that needs no dataset and is half as large; return its new id.

    Parameters
    ----------
    store
        Where it is.
    checkpoint
        Its id.
    folder
        A new folder, or an empty one.
    use
        The method as it is used: for SHLS the network, with or without refinement, and the memory.

    Raises
    ------
    NameUnknown, InputError, StoreUnwritable
        As for `export_checkpoint`.
    ConfigError
        If this version cannot read its configuration, or `use` is of another method.
    InputError
        If the weights are of another network.
    """
    return _written(as_pretrained(_read(store, checkpoint), use), folder)


def as_pretrained(learned: Learned, use: MethodConfig) -> Learned:
    """Return a checkpoint with rounded weights; its record states its use and what it was made from.

    Raises
    ------
    ConfigError, InputError
        As for `export_pretrained`.
    """
    learning = learning_of(learned.record)
    method, in_use = learning.chosen_method(), learning.method.used_as(used_with(learned.record, use))
    state = method.weights_in_use(in_use, weights_from_bytes(learned.weights))
    method.network_with_weights(in_use, state)
    weights = weights_to_bytes(rounded(state))
    changes = {
        "kind": RecordKind.PRETRAINED,
        "method": method.name,
        "configuration": learning.model_copy(update={"method": in_use}).sections(),
        "weights": digest_bytes(weights),
        "made_from": record_id(learned.record),
    }
    return Learned(learned.record.model_copy(update=changes), weights)


def rounded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the matrices and kernels of a state in bfloat16; vectors, which are small, stay as they are."""
    return {
        name: value.to(torch.bfloat16) if value.is_floating_point() and value.ndim > 1 else value
        for name, value in state.items()
    }


def _read(store: Store, checkpoint: str) -> Learned:
    record = get_record(store.objects, checkpoint, CheckpointRecord)
    if record.is_pretrained:
        raise InputError(
            f"expected a checkpoint as it was trained, got a pretrained one: {short(checkpoint)}…"
        )
    return Learned(record, store.objects.get(record.weights))


def _written(learned: Learned, folder: Path) -> str:
    with new_folder(folder) as aside:
        write_trained(aside, learned)
    return record_id(learned.record)
