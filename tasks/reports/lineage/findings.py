"""The findings of the gate in words: what was expected of which column, and what was observed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.gate.verdicts import Finding
from tasks.reports.page import figure

_EXPECTATIONS = {
    "ExpectTableRowCountToBeBetween": "number of rows",
    "ExpectTableRowCountToEqual": "number of rows",
    "ExpectColumnValuesToNotBeNull": "a value in every row",
    "ExpectColumnValuesToBeUnique": "no value twice",
    "ExpectColumnValuesToBeInSet": "every value one of",
    "ExpectColumnValuesToBeBetween": "every value",
    "ExpectColumnSumToBeBetween": "sum over all rows",
}
"""The expectations of the gate in words; others are shown by their own name."""


@dataclass(frozen=True)
class FindingRow:
    """One expectation of the gate."""

    column: str
    expected: str
    observed: str
    is_met: bool
    samples: tuple[str, ...]
    """The first few rows that are not as expected."""


def finding_row(finding: Finding) -> FindingRow:
    """Return a finding as a page shows it."""
    arguments = dict(finding.arguments)
    column = arguments.pop("column", "rows")
    what = _EXPECTATIONS.get(finding.expectation, finding.expectation)
    return FindingRow(
        column=column,
        expected=" ".join(filter(None, (what, _bounds(arguments)))),
        observed=finding.observed,
        is_met=finding.passed,
        samples=finding.samples,
    )


def _bounds(arguments: Mapping[str, Any]) -> str:
    left = dict(arguments)
    parts = []
    low, high, mostly = (left.pop(name, None) for name in ("min_value", "max_value", "mostly"))
    if low is not None and high is not None:
        parts.append(f"{figure(low)} to {figure(high)}")
    elif low is not None:
        parts.append(f"at least {figure(low)}")
    elif high is not None:
        parts.append(f"at most {figure(high)}")
    if mostly is not None:
        parts.append(f"in at least {mostly:.0%} of the rows")
    if (allowed := left.pop("value_set", None)) is not None:
        parts.append(", ".join(map(str, allowed)))
    if (exact := left.pop("value", None)) is not None:
        parts.append(figure(exact))
    parts += [f"{name} {value}" for name, value in sorted(left.items())]
    return ", ".join(parts)
