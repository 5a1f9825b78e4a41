"""The gate's verdicts on datasets, as they are stored: reading one takes none of the libraries that judge."""

from typing import Any, Literal

from pydantic import Field

from shls_core.errors import GateError
from storage.canonical import short
from storage.kinds import KeyKind
from storage.records.manifests import Record, get_record
from storage.store import Store


class Finding(Record):
    """The result of one expectation."""

    stage: str
    expectation: str
    arguments: dict[str, Any]
    observed: str
    samples: tuple[str, ...]
    """Sample ids of the first few rows that violate the expectation."""
    passed: bool

    def __str__(self) -> str:
        column = self.arguments.get("column", "rows")
        bounds = ", ".join(f"{key} {value}" for key, value in self.arguments.items() if key != "column")
        return f"{self.stage}.{column}: {self.expectation}({bounds}), got {self.observed}"


class Verdict(Record):
    """The gate's result for one dataset."""

    kind: Literal["verdict"] = "verdict"
    dataset: str
    passed: bool
    findings: tuple[Finding, ...]
    key: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Digest of what was validated, the bounds and the code; None in verdicts from before it was recorded."""

    @property
    def failures(self) -> list[Finding]:
        """The findings that keep the dataset from being published."""
        return [finding for finding in self.findings if not finding.passed]


def newest_verdict(store: Store, dataset_id: str) -> Verdict | None:
    """Return the newest verdict on a dataset, or None if it was never validated."""
    known = store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset_id)
    return get_record(store.objects, known, Verdict) if known else None


def require_passed(store: Store, dataset_id: str) -> None:
    """Refuse a dataset that has not passed the gate.

    Raises
    ------
    GateError
    """
    verdict = newest_verdict(store, dataset_id)
    if verdict is None:
        raise GateError(f"dataset {short(dataset_id)}… was never validated; `shls dataset build` does that")
    refuse_failed(verdict)


def refuse_failed(verdict: Verdict) -> None:
    """Raise an error that describes a failed verdict; a passed one raises nothing.

    Raises
    ------
    GateError
    """
    if not verdict.passed:
        first, count = verdict.failures[0], len(verdict.failures)
        raise GateError(
            f"dataset {short(verdict.dataset)}… failed {count} of {len(verdict.findings)} expectations "
            f"and is kept for inspection, not published; first: {first}"
        )
