"""The two tables that the benchmark's evaluator writes."""

import csv
import io
import math
from collections.abc import Iterable, Sequence

from shls_core.metrics.scores import ObjectScores, Scores

GLOBAL_TABLE = "global_results-{split}.csv"
PER_SEQUENCE_TABLE = "per-sequence_results-{split}.csv"


def global_table(scores: Scores) -> str:
    """Return the scores over all objects as CSV: one row, three decimals."""
    named = scores.as_dict()
    return _csv([list(named), [_formatted(value) for value in named.values()]])


def per_sequence_table(objects: Sequence[ObjectScores]) -> str:
    """Return J-Mean and F-Mean of every object as CSV, a row per object named ``VIDEO_ID``."""
    rows = [[one.name, _formatted(one.scores.j_mean), _formatted(one.scores.f_mean)] for one in objects]
    return _csv([["Sequence", "J-Mean", "F-Mean"], *rows])


def _formatted(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
