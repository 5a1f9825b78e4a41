"""What was withdrawn of what a checkpoint saw, said wherever it is used."""

from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord
from storage.store import Store
from storage.withdrawal.deny_list import listed, nouns, withdrawn_in_any
from tasks.terminal import print_line
from tasks.training.seen_datasets import datasets_seen_by


def datasets_there(store: Store, record: CheckpointRecord) -> tuple[str, ...]:
    """Return the datasets that a checkpoint saw; none of a pretrained one whose dataset is elsewhere."""
    if record.is_pretrained and not store.objects.exists(record.dataset):
        return ()
    return datasets_seen_by(store, record.model_dump())


def print_withdrawn(store: Store, checkpoint: str, record: CheckpointRecord) -> None:
    """Print which of the photographs and videos that a checkpoint saw are withdrawn; nothing if none is."""
    if found := withdrawn_in_any(store, datasets_there(store, record)):
        print_line(
            f"checkpoint {short(checkpoint)} was trained with withdrawn {nouns(found.values())}: "
            f"{listed(found.values())}"
        )
