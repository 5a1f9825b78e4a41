"""Expectations in words."""

import pytest

from storage.gate.verdicts import Finding
from tasks.reports.lineage.findings import finding_row


@pytest.mark.parametrize(
    ("expectation", "arguments", "column", "expected"),
    [
        ("ExpectTableRowCountToBeBetween", {"min_value": 1}, "rows", "number of rows at least 1"),
        ("ExpectTableRowCountToEqual", {"value": 1888}, "rows", "number of rows 1,888"),
        ("ExpectColumnValuesToNotBeNull", {"column": "digest"}, "digest", "a value in every row"),
        ("ExpectColumnValuesToBeUnique", {"column": "sample_id"}, "sample_id", "no value twice"),
        ("ExpectColumnValuesToBeInSet", {"column": "n", "value_set": [3, 8]}, "n", "every value one of 3, 8"),
        (
            "ExpectColumnValuesToBeBetween",
            {"column": "mask_share", "min_value": 0.01, "max_value": 0.9, "mostly": 0.95},
            "mask_share",
            "every value 0.01 to 0.9, in at least 95% of the rows",
        ),
        ("ExpectColumnValuesToBeBetween", {"column": "n", "max_value": 0}, "n", "every value at most 0"),
        ("ExpectSomethingNew", {"column": "n", "odd": True}, "n", "ExpectSomethingNew odd True"),
    ],
)
def test_an_expectation_is_told_in_words(expectation, arguments, column, expected):
    finding = Finding(
        stage="sequences",
        expectation=expectation,
        arguments=arguments,
        observed="3 of 9 rows outside",
        samples=("a" * 64,),
        passed=False,
    )
    row = finding_row(finding)
    assert (row.column, row.expected, row.observed) == (column, expected, "3 of 9 rows outside")
    assert (row.is_met, row.samples) == (False, ("a" * 64,))
