"""Official scores in the forms they are shown in: the evaluator's two files, JSON, a table."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from shls_core.davis.tables import GLOBAL_TABLE, PER_SEQUENCE_TABLE, global_table, per_sequence_table
from shls_core.errors import InputError
from shls_core.metrics.scores import ObjectScores, global_scores


def write_tables(folder: Path, split: str, objects: Sequence[ObjectScores]) -> None:
    """Write the evaluator's two files, in place of those of an earlier run."""
    texts = {
        GLOBAL_TABLE: global_table(global_scores(objects)),
        PER_SEQUENCE_TABLE: per_sequence_table(objects),
    }
    for name, text in texts.items():
        path = folder / name.format(split=split)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            aside.write_text(text, encoding="utf-8")
            aside.replace(path)
        except OSError as error:
            raise InputError(f"expected to write {path}: {error.strerror}") from error


def score_json(objects: Sequence[ObjectScores]) -> dict[str, Any]:
    """Return what ``shls score --json`` prints: values 0..1 under their official names, unrounded."""
    return {
        "global": global_scores(objects).as_dict(),
        "objects": [
            {"sequence": one.sequence, "object_id": one.object_id, **one.scores.as_dict()} for one in objects
        ],
    }


def show_scores(objects: Sequence[ObjectScores], title: str) -> None:
    """Print the scores of every object and, last, of all, in per cent."""
    table = Table("object", title=f"{title}: {len(objects)} objects", show_footer=True)
    everything = global_scores(objects).as_dict()
    table.columns[0].footer = "all"
    for name, value in everything.items():
        table.add_column(name.removesuffix("-Mean"), justify="right", footer=f"{100 * value:.1f}")
    for one in objects:
        table.add_row(one.name, *(f"{100 * value:.1f}" for value in one.scores.as_dict().values()))
    Console().print(table)
