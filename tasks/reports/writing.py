"""Writing the page of an evaluation: found by its id, put into a file, linked from the Prefect run."""

from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext

from shls_core.errors import NameUnknown
from shls_core.whole_file import write_whole
from storage.learned import BenchmarkRecord, CheckpointRecord, EvaluationRecord
from storage.manifest import get_record
from storage.references import resolve
from storage.store import Store
from tasks.reports.benchmark_material import benchmark_material
from tasks.reports.benchmark_page import benchmark_page
from tasks.reports.held_out_page import held_out_page
from tasks.reports.page import percent
from tasks.terminal import tell

PAGE = "report.html"


@task(cache_policy=NO_CACHE)
def write_benchmark_report(evaluation: str, store: str, davis: Path, results: Path) -> Path:
    """Write the page of a benchmark beside its masks, and link it from the run."""
    path = results / PAGE
    write_whole(path, evaluation_page(Store.open(store), evaluation, davis, results))
    tell(f"{'report':<12} {path}")
    if TaskRunContext.get() is not None:
        record = get_record(Store.open(store).objects, evaluation, BenchmarkRecord)
        score = percent(record.scores["J&F-Mean"])
        create_markdown_artifact(
            key="benchmark-report",
            markdown=f"J&F **{score}** on {record.benchmark} {record.split}: "
            f"[{PAGE}]({path.resolve().as_uri()})\n\nevaluation `{evaluation}`\n",
            description="Page of an evaluation on a benchmark",
        )
    return path


def evaluation_page(
    store: Store, reference: str, davis: Path | None = None, results: Path | None = None
) -> bytes:
    """Return the page of an evaluation, on a benchmark or on held-out sequences, as HTML.

    Parameters
    ----------
    store
        Where its record is.
    reference
        Its id, or the beginning of it.
    davis, results
        Root of the benchmark and folder of the masks, of an evaluation on one: with them the page has
        pictures and a baseline.

    Raises
    ------
    NameUnknown
        If no evaluation has that id.
    InputError
        If benchmark or masks are not those that were evaluated.
    """
    evaluation, kind = _find(store, reference)
    if kind == "evaluation":
        held_out = get_record(store.objects, evaluation, EvaluationRecord)
        return held_out_page(evaluation, held_out, _trained(store, held_out.checkpoint))
    record = get_record(store.objects, evaluation, BenchmarkRecord)
    material = benchmark_material(record, davis, results) if davis and results else None
    return benchmark_page(evaluation, record, _trained(store, record.checkpoint), material)


def _find(store: Store, reference: str) -> tuple[str, str]:
    for kind in ("benchmark", "evaluation"):
        try:
            return resolve(store, reference, kind), kind
        except NameUnknown:
            continue
    raise NameUnknown(f"expected the id of an evaluation, got {reference!r}; `shls evaluate --json` tells it")


def _trained(store: Store, checkpoint: str) -> CheckpointRecord:
    return get_record(store.objects, checkpoint, CheckpointRecord)
