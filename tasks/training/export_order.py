"""Export for a machine that only trains."""

from pathlib import Path

from storage.export.store_copy import export_store
from storage.files.new_folder import new_folder
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from storage.withdrawal.deny_list import refuse_withdrawn
from tasks.training.drawn_batches import check_sources
from tasks.training.learning_config import LearningConfig
from tasks.training.order import STORE_FOLDER, TrainingOrder, write_order
from tasks.training.seen_datasets import seen_datasets


def export_training(
    store: Store, dataset: str, learning: LearningConfig, folder: Path, allow_withdrawn: bool = False
) -> int:
    """Write a dataset and what to learn from it into a new folder; return the number of objects in it.

    The dataset that validates, if it is another one, is in the folder, too, and so is the checkpoint that
    training begins with.

    Raises
    ------
    GateError, PhotographWithdrawn, ObjectErased
        As for `export_store`.
    InputError
        If the folder is not empty, or a dataset has nothing of the source that is learned from.
    StoreUnwritable
        If it cannot be written.
    """
    check_sources(store.objects, dataset, learning)
    for seen in seen_datasets(store, dataset, learning):
        refuse_withdrawn(store, seen, allow_withdrawn)
    with new_folder(folder) as aside:
        datasets = learning.datasets(dataset)
        others = []
        if learning.starts_from is not None:
            record = get_record(store.objects, learning.starts_from, CheckpointRecord)
            others = [learning.starts_from, record.weights]
        num_objects = export_store(store, datasets, aside / STORE_FOLDER, allow_withdrawn, others)
        write_order(aside, TrainingOrder(dataset=dataset, learning=learning))
    return num_objects
