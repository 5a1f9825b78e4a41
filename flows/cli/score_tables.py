"""Official scores as JSON and as a table."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from shls_core.metrics.scores import SCORE_NAMES, ObjectScores, global_scores
from storage.canonical import short
from storage.records.checkpoints import BenchmarkRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.runs.outcomes import BenchmarkOutcome, SubmissionOutcome
from tasks.terminal import Terminal

NamedScores = Mapping[str, float | None]


def score_json(objects: Sequence[ObjectScores]) -> dict[str, Any]:
    """Return what ``shls score --json`` prints: values 0..1 under their official names, unrounded."""
    return {
        "global": global_scores(objects).as_dict(),
        "objects": [
            {"sequence": one.sequence, "object_id": one.object_id, **one.scores.as_dict()} for one in objects
        ],
    }


def show_scores(objects: Sequence[ObjectScores], title: str) -> None:
    """Print the scores of every object and, last, those of all objects."""
    _show(title, global_scores(objects).as_dict(), [(one.name, one.scores.as_dict()) for one in objects])


def benchmark_json(outcome: BenchmarkOutcome, store: Store) -> dict[str, Any]:
    """Return what ``shls evaluate --davis --json`` prints; curves over time are in the record only."""
    record = _record(outcome, store)
    return {
        "evaluation": outcome.evaluation,
        "checkpoint": outcome.checkpoint,
        "benchmark": record.benchmark,
        "split": record.split,
        "masks": outcome.masks,
        "global": record.scores,
        "objects": [
            {"sequence": one.sequence, "object_id": one.object_id, **one.scores} for one in record.objects
        ],
    }


def show_benchmark(outcome: BenchmarkOutcome, store: Store) -> None:
    """Print the scores of a checkpoint on a benchmark."""
    record = _record(outcome, store)
    rows = [(f"{one.sequence}_{one.object_id}", one.scores) for one in record.objects]
    _show(f"{record.benchmark} {record.split}", record.scores, rows)
    scored = f"evaluation {short(outcome.evaluation)} of {_checkpoints(outcome)}"
    Terminal(highlight=False, soft_wrap=True).print(f"{scored}; masks in {outcome.masks}")


def show_submission(outcome: SubmissionOutcome) -> None:
    """Print where the masks are that a benchmark's server has to score."""
    console = Terminal(highlight=False, soft_wrap=True)
    console.print(f"{outcome.num_masks} masks in {outcome.masks}: submit this folder as a zip")
    submitted = f"submission {short(outcome.submission)} of {_checkpoints(outcome)}"
    first = "" if outcome.joined_with is None else "the first "
    console.print(f"{submitted}, {first}trained on dataset {short(outcome.dataset)}")


def _checkpoints(outcome: BenchmarkOutcome | SubmissionOutcome) -> str:
    joined = "" if outcome.joined_with is None else f" joined with {short(outcome.joined_with)}"
    return f"checkpoint {short(outcome.checkpoint)}{joined}"


def _record(outcome: BenchmarkOutcome, store: Store) -> BenchmarkRecord:
    return get_record(store.objects, outcome.evaluation, BenchmarkRecord)


def _show(title: str, overall: NamedScores, rows: Sequence[tuple[str, NamedScores]]) -> None:
    table = Table("object", title=f"{title}: {len(rows)} objects", show_footer=True)
    table.columns[0].footer = "all"
    for name in SCORE_NAMES:
        table.add_column(name.removesuffix("-Mean"), justify="right", footer=_percent(overall[name]))
    for object_name, scores in rows:
        table.add_row(object_name, *(_percent(scores[name]) for name in SCORE_NAMES))
    Terminal().print(table)


def _percent(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{100 * value:.1f}"
