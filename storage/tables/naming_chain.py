"""The chain over the names table: a digest of every row and all rows before it.

The digests are computed and not stored in that table: every entry of the ledger records how many rows the
names table had and their digest, so the ledger witnesses each row of it, whoever wrote the row.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from storage.canonical import digest_json

FIRST = "0" * 64
"""The digest of a table without rows."""


class NamingsSeen(NamedTuple):
    """What an entry of the ledger records of the names table."""

    number: int
    """Number of rows."""
    digest: str
    """Of all of them, in order."""


def chain(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the digest of the first 0, 1, 2, … rows of the names table.

    A null column counts as one that is not there: a column that was added later changes no digest before it.
    """
    return list(accumulate(rows, step, initial=FIRST))


def step(digest: str, row: Mapping[str, Any]) -> str:
    """Return the digest of some rows and one more, from that of the rows before it."""
    return digest_json([digest, {column: value for column, value in row.items() if value is not None}])


def seen(rows: Sequence[Mapping[str, Any]]) -> NamingsSeen:
    """Return what an entry of the ledger records of these rows."""
    return NamingsSeen(len(rows), chain(rows)[-1])
