"""What the gate expects of the rows of every stage, as plain data."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shls_core.files.skipped import SkippedKind
from storage.records.manifests import StageManifest
from storage.rows.stage_graph import schema_of


class Expectation(NamedTuple):
    """One expectation over the statistics of the accepted rows of a stage."""

    stage: str
    kind: str
    """Name of a class in ``great_expectations.expectations``."""
    arguments: Mapping[str, Any]


def of_every_stage(stages: Iterable[str]) -> Iterator[Expectation]:
    """Yield what the rows of any stage have to fulfil."""
    for stage in stages:
        yield Expectation(stage, "ExpectTableRowCountToBeBetween", {"min_value": 1})
        # Bounds do not check missing values.
        statistics = (field.name for field in schema_of(stage).statistics)
        for column in ("sample_id", "row_key", "digest", *statistics):
            yield Expectation(stage, "ExpectColumnValuesToNotBeNull", {"column": column})
        yield Expectation(stage, "ExpectColumnValuesToBeUnique", {"column": "sample_id"})
        # Referential integrity: every parent is an accepted row of a stage before.
        yield Expectation(
            stage, "ExpectColumnValuesToBeInSet", {"column": "parents_present", "value_set": [True]}
        )


def between(stage: str, column: str, **bounds: float) -> Expectation:
    """Return the expectation that values of a column lie between two bounds."""
    return Expectation(stage, "ExpectColumnValuesToBeBetween", {"column": column, **bounds})


def unmatched_note_share(sources: StageManifest) -> float:
    """Return the share of the rows of the table of notes that are about no source; 0 without a table."""
    return sum(
        one.count / (one.of or one.count) for one in sources.skipped if one.kind == SkippedKind.UNMATCHED_NOTE
    )
