"""Imports a checkpoint that was trained on another machine into the store of its dataset."""

from pathlib import Path

from shls_core.errors import InputError
from shls_core.training.weights import weights_from_bytes
from storage.gate.verdicts import require_passed
from storage.kinds import KeyKind, RecordKind, RunKind
from storage.records.manifests import put_record
from storage.references import resolve
from storage.store import Store
from storage.withdrawal.deny_list import listed, nouns, withdrawn_in_any
from tasks.runs.recorded_run import recorded_run
from tasks.terminal import print_line
from tasks.training.learning_config import learning_of
from tasks.training.seen_datasets import seen_datasets
from tasks.training.trained_folder import read_trained


def import_checkpoint(folder: Path, store: Store) -> str:
    """Check a checkpoint in a folder, put it into a store, and return its id.

    From then on, the same training in the store reuses it.

    Raises
    ------
    InputError
        If there is no checkpoint in the folder, or a pretrained one, or its weights are not of its network.
    ConfigError
        If this version cannot read its configuration.
    ObjectCorrupted
        If the weights are not those of the record.
    NameUnknown
        If its dataset, the one that validated it, or the checkpoint it started from is not in the store.
    GateError
        If one of them has not passed the gate.
    """
    record, weights = read_trained(folder)
    if record.is_pretrained:
        raise InputError(
            f"expected weights as they were trained, got rounded ones, in {folder}: "
            "no training in the store may find them"
        )
    learning = learning_of(record)
    learning.chosen_method().network_with_weights(learning.method, weights_from_bytes(weights))
    used = learning.datasets(record.dataset)
    for dataset in used:
        require_passed(store, resolve(store, dataset, RecordKind.DATASET))
    if learning.starts_from is not None:
        resolve(store, learning.starts_from, RecordKind.CHECKPOINT)
    if found := withdrawn_in_any(store, seen_datasets(store, record.dataset, learning)):
        print_line(
            f"the checkpoint was trained with withdrawn {nouns(found.values())}: {listed(found.values())}"
        )
    with recorded_run(store, RunKind.IMPORT, record.configuration, learning.training.seed) as run:
        run.inputs += learning.inputs(record.dataset)
        store.objects.put(weights)
        checkpoint = put_record(store.objects, record)
        store.keys.put(KeyKind.CHECKPOINTS, record.key, checkpoint)
        run.outputs.append(checkpoint)
    return checkpoint
