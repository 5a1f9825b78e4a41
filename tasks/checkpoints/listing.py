"""Lists the checkpoints of a store."""

from dataclasses import dataclass

from shls_core.methods.registry import DEFAULT
from storage.kinds import RecordKind, made_by
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store


@dataclass(frozen=True)
class ListedCheckpoint:
    """One checkpoint of the list.

    Attributes
    ----------
    checkpoint
        Its id.
    since
        When it was trained, or imported: UTC, ISO 8601.
    dataset, dataset_name
        What it was trained on, and the name under which that was published first.
    method
        Name of the method.
    step
        Steps before the weights that were kept.
    final_loss
        Mean of the last tenth of the steps.
    validation
        J&F, 0..1, of the weights that were kept, on held-out sequences; None where they were not validated.
    """

    checkpoint: str
    since: str
    dataset: str
    dataset_name: str | None
    method: str
    step: int | None
    final_loss: float
    validation: float | None


def list_checkpoints(store: Store) -> list[ListedCheckpoint]:
    """Return the checkpoints that were trained or imported and are in the store, oldest first.

    Raises
    ------
    StoreUnreadable, StoreUnreachable, ObjectCorrupted
    """
    since: dict[str, str] = {}
    kinds = made_by(RecordKind.CHECKPOINT)
    for run in store.ledger.runs():
        if run["kind"] in kinds and run["status"] == "completed":
            since.setdefault(run["outputs"][0], run["started_at"])
    names = store.names.first_published()
    there = (checkpoint for checkpoint in since if store.objects.size(checkpoint) is not None)
    return [_listed(store, checkpoint, since[checkpoint], names) for checkpoint in there]


def _listed(store: Store, checkpoint: str, since: str, names: dict[str, str]) -> ListedCheckpoint:
    record = get_record(store.objects, checkpoint, CheckpointRecord)
    scores = {validation.step: validation.score for validation in record.validations}
    return ListedCheckpoint(
        checkpoint=checkpoint,
        since=since,
        dataset=record.dataset,
        dataset_name=names.get(record.dataset),
        method=record.method or DEFAULT,
        step=record.step,
        final_loss=record.final_loss,
        validation=scores.get(record.step or 0),
    )
