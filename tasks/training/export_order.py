"""Export for a machine that only trains."""

from pathlib import Path

from storage.export.store_copy import export_store
from storage.files.new_folder import new_folder
from storage.store import Store
from tasks.training.drawn_batches import check_sources
from tasks.training.learning_config import LearningConfig
from tasks.training.order import STORE_FOLDER, TrainingOrder, write_order


def export_training(
    store: Store, dataset: str, learning: LearningConfig, folder: Path, allow_withdrawn: bool = False
) -> int:
    """Write a dataset and what to learn from it into a new folder; return the number of objects in it.

    The dataset that validates, if it is another one, is in the folder, too.

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
    with new_folder(folder) as aside:
        datasets = learning.datasets(dataset)
        num_objects = export_store(store, datasets, aside / STORE_FOLDER, allow_withdrawn)
        write_order(aside, TrainingOrder(dataset=dataset, learning=learning))
    return num_objects
