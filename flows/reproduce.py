"""Reproduce: a checkpoint in; a verdict out, whether training it again gives the same weights."""

from prefect import flow

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from shls_core.errors import InputError
from storage.canonical import short
from storage.kinds import RecordKind, RunKind
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.references import resolve
from storage.store import Store
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.outcomes import ReproductionOutcome
from tasks.runs.recorded_run import recorded_run


@flow
def reproduce(
    checkpoint: str,
    config: PipelineConfig | str = QUICKSTART,
    store: str = "store",
    allow_withdrawn: bool = False,
) -> ReproductionOutcome:
    """Train a checkpoint again from its record and compare the weights; nothing published is changed.

    Parameters
    ----------
    checkpoint
        Id of the checkpoint, or the beginning of it.
    config
        A configuration, or the path of a configuration file; only its `execution` is used.
    store
        Folder of the store, or ``s3://bucket/prefix``.
    allow_withdrawn
        As for `train`.
    """
    chosen = load_config(config)
    opened = Store.open(store)
    checkpoint_id = resolve(opened, checkpoint, RecordKind.CHECKPOINT)
    record = get_record(opened.objects, checkpoint_id, CheckpointRecord)
    if record.is_pretrained:
        raise InputError(
            f"expected a checkpoint as it was trained, got the rounded weights of {short(checkpoint_id)}…; "
            f"they were made from {short(str(record.made_from))}…"
        )

    with recorded_run(
        opened, RunKind.REPRODUCE, record.configuration, record.configuration["training"]["seed"]
    ) as run:
        also = filter(None, [record.validation_dataset, record.starts_from])
        run.inputs += [record.dataset, checkpoint_id, *also]
        outcome = reproduce_checkpoint(checkpoint_id, store, chosen.execution, allow_withdrawn)
        run.verdict = outcome.verdict
        run.details = outcome.model_dump()
    return outcome
