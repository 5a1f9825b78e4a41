"""The checkpoint that comes with the project: it needs no store and no dataset."""

from pathlib import Path
from typing import Final

from storage.records.manifests import put_record
from storage.store import Store
from tasks.training.learn import Learned
from tasks.training.trained_folder import read_trained

PRETRAINED: Final = "pretrained"
"""Its name on the command line."""
FOLDER = Path(__file__).parent / "pretrained_weights"


def read_pretrained() -> Learned:
    """Read the checkpoint that comes with the project.

    Raises
    ------
    InputError
        If this installation has none.
    ObjectCorrupted
        If its weights are not those of its record.
    """
    return read_trained(FOLDER)


def keep_checkpoint(store: Store, learned: Learned) -> str:
    """Put a checkpoint into a store, so that records there can name it; return its id.

    Raises
    ------
    StoreUnwritable
        If the store cannot be written.
    """
    store.objects.put(learned.weights)
    return put_record(store.objects, learned.record)
