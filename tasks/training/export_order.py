"""Export for a machine that only trains."""

from pathlib import Path

from storage.export.store_copy import export_store
from storage.files.new_folder import new_folder
from storage.store import Store
from tasks.training.learning_config import LearningConfig
from tasks.training.order import STORE_FOLDER, TrainingOrder, write_order


def export_training(
    store: Store, dataset: str, learning: LearningConfig, folder: Path, allow_withdrawn: bool = False
) -> int:
    """Write a dataset and what to learn from it into a new folder; return the number of objects in it.

    Raises
    ------
    GateError, PhotographWithdrawn, ObjectErased
        As for `export_store`.
    InputError
        If the folder is not empty.
    StoreUnwritable
        If it cannot be written.
    """
    with new_folder(folder) as aside:
        num_objects = export_store(store, dataset, aside / STORE_FOLDER, allow_withdrawn)
        write_order(aside, TrainingOrder(dataset=dataset, learning=learning))
    return num_objects
