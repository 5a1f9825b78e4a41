"""The page of whatever a reference means: a dataset, a checkpoint, or an evaluation."""

from pathlib import Path

from shls_core.errors import InputError
from storage.kinds import RecordKind
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord
from storage.records.links import read_links
from storage.records.manifests import get_record
from storage.references import resolve
from storage.store import Store
from tasks.reports.benchmark_material import benchmark_material
from tasks.reports.benchmark_page import benchmark_page
from tasks.reports.held_out_page import held_out_page
from tasks.reports.lineage.lineage_page import checkpoint_page, dataset_page
from tasks.runs.execution_config import ExecutionConfig

WITH_A_PAGE = (RecordKind.DATASET, RecordKind.CHECKPOINT, RecordKind.EVALUATION, RecordKind.BENCHMARK)


def page_of(
    store: Store,
    reference: str,
    *,
    log_dir: str | None = None,
    davis: Path | None = None,
    results: Path | None = None,
) -> bytes:
    """Return a page as HTML.

    Parameters
    ----------
    store
        Where the thing is.
    reference
        Name of a dataset; id of a dataset, a checkpoint, an evaluation on held-out sequences or on a
        benchmark; or the beginning of an id.
    log_dir
        For a checkpoint: folder of the logs of trainings, from which the loss curve is read; by default the
        one beside the store.
    davis, results
        For an evaluation on a benchmark: its root and the folder of the masks; with them the page has
        pictures and a baseline.

    Raises
    ------
    NameUnknown
        If the reference means nothing of these kinds.
    InputError
        If benchmark or masks are not those that were evaluated, or are given for something else; if the
        checkpoint is a pretrained one.
    """
    artifact = resolve(store, reference, *WITH_A_PAGE)
    links = read_links(store.objects, artifact)
    assert links is not None  # it was resolved as a record
    kind = links.kind
    if kind == RecordKind.PRETRAINED:
        raise InputError(
            f"expected a checkpoint that was trained here, got a pretrained one, without a page: {reference}"
        )
    if log_dir is not None and kind != RecordKind.CHECKPOINT:
        raise InputError(f"expected a checkpoint with --log-dir, got a {kind}: {reference}")
    if davis is not None and kind != RecordKind.BENCHMARK:
        raise InputError(f"expected an evaluation on a benchmark with --davis, got a {kind}: {reference}")
    if kind == RecordKind.DATASET:
        return dataset_page(store, artifact)
    if kind == RecordKind.CHECKPOINT:
        return checkpoint_page(store, artifact, ExecutionConfig(log_dir=log_dir))
    if kind == RecordKind.EVALUATION:
        held_out = get_record(store.objects, artifact, EvaluationRecord)
        return held_out_page(artifact, held_out, _trained(store, held_out.checkpoint))
    record = get_record(store.objects, artifact, BenchmarkRecord)
    material = benchmark_material(record, davis, results) if davis and results else None
    return benchmark_page(artifact, record, _trained(store, record.checkpoint), material)


def _trained(store: Store, checkpoint: str) -> CheckpointRecord:
    return get_record(store.objects, checkpoint, CheckpointRecord)
