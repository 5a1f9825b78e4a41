"""Writes the pages of runs: made from the store, put into a file, linked from the Prefect run."""

from collections.abc import Callable
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from shls_core.errors import ShlsError
from shls_core.files.whole_file import write_whole
from storage.canonical import short
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.reports.lineage.lineage_page import checkpoint_page, dataset_page
from tasks.reports.page import percent
from tasks.reports.page_of import page_of
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.run_artifacts import shown
from tasks.terminal import print_line
from tasks.training.log import log_folder, runs_folder

PAGE = "report.html"


@task(cache_policy=NO_CACHE)
def write_benchmark_report(evaluation: str, store: str, davis: Path, results: Path) -> Path | None:
    """Write the page of a benchmark beside its masks, and link it from the run."""
    path, opened = results / PAGE, Store.open(store)
    if not _write(path, lambda: page_of(opened, evaluation, davis=davis, results=results)):
        return None
    record = get_record(opened.objects, evaluation, BenchmarkRecord)
    _link(
        path,
        key="benchmark-report",
        summary=f"J&F **{percent(record.scores['J&F-Mean'])}** on {record.benchmark} {record.split}",
        subject=f"evaluation `{evaluation}`",
        description="Page of an evaluation on a benchmark",
    )
    return path


@task(cache_policy=NO_CACHE)
def write_dataset_report(dataset: str, name: str, store: str, execution: ExecutionConfig) -> Path | None:
    """Write the page of a dataset beside the store, and link it from the run."""
    opened = Store.open(store)
    path = runs_folder(execution, opened.location) / f"dataset-{short(dataset)}" / PAGE
    if not _write(path, lambda: dataset_page(opened, dataset)):
        return None
    _link(
        path,
        key="dataset-report",
        summary=f"**{name}**",
        subject=f"dataset `{dataset}`",
        description="Page of a dataset: what it was made from, and how",
    )
    return path


@task(cache_policy=NO_CACHE)
def write_checkpoint_report(checkpoint: str, store: str, execution: ExecutionConfig) -> Path | None:
    """Write the page of a checkpoint beside the log of its training, and link it from the run."""
    opened = Store.open(store)
    record = get_record(opened.objects, checkpoint, CheckpointRecord)
    path = log_folder(execution, opened.location, record.key) / PAGE
    if not _write(path, lambda: checkpoint_page(opened, checkpoint, execution)):
        return None
    _link(
        path,
        key="checkpoint-report",
        summary=f"final loss **{record.final_loss:.3f}**",
        subject=f"checkpoint `{checkpoint}`",
        description="Page of a checkpoint: what it was trained on, and how",
    )
    return path


def _write(path: Path, make_page: Callable[[], bytes]) -> bool:
    """Write a page and return whether that was possible: its content is in the store either way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, make_page())
    except (OSError, ShlsError) as error:
        print_line(f"{'report':<12} not written: {error}")
        return False
    print_line(f"{'report':<12} {path}")
    return True


def _link(path: Path, *, key: str, summary: str, subject: str, description: str) -> None:
    shown(
        key,
        lambda: create_markdown_artifact(
            key=key,
            markdown=f"{summary}: [{PAGE}]({path.resolve().as_uri()})\n\n{subject}\n",
            description=description,
        ),
    )
