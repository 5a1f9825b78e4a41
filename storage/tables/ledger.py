"""The ledger of runs: who ran what, when, where, from which code, on which inputs, with what result.

The ledger is authoritative for runs, manifests are authoritative for content; no fact is in both. Each entry
contains the digest of the previous one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from shls_core.foreign_text import redacted, redacted_values
from storage.canonical import digest_json
from storage.files.location import TableLocation
from storage.provenance.environment import Environment
from storage.tables.append_only import AppendOnlyTable, Row
from storage.tables.naming_chain import NamingsSeen
from storage.tables.sealed import Segments

SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("started_at", pa.string(), nullable=False),  # UTC, ISO 8601
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("user", pa.string()),
        pa.field("host", pa.string()),
        pa.field("code_commit", pa.string()),
        pa.field("code_dirty", pa.bool_()),
        pa.field("lock_digest", pa.string()),
        pa.field("configuration", pa.string(), nullable=False),  # JSON
        pa.field("seed", pa.int64()),
        pa.field("inputs", pa.list_(pa.string()), nullable=False),
        pa.field("outputs", pa.list_(pa.string()), nullable=False),
        pa.field("verdict", pa.string()),
        pa.field("details", pa.string(), nullable=False),  # JSON: what the command reports of the run
        pa.field("previous", pa.string(), nullable=False),
        pa.field("entry", pa.string(), nullable=False),
        # Rows of the names table at that time, and their digest; null in entries from before these columns.
        pa.field("namings", pa.int64()),
        pa.field("namings_digest", pa.string()),
    ]
)
_ADDED_LATER = ("namings", "namings_digest")
"""Columns that old entries do not have: where they are null, no digest covers them."""
FIRST = "0" * 64
"""The digest that the first entry contains as that of its previous entry."""


class Run(BaseModel):
    """One run, as it is recorded in the ledger."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    kind: str
    """A `storage.kinds.RunKind`."""
    status: str
    """``completed`` or ``failed``."""
    error: str | None = None
    started_at: datetime
    seconds: float
    configuration: Mapping[str, Any]
    seed: int | None = None
    inputs: Sequence[str] = ()
    """Ids of the artifacts the run read."""
    outputs: Sequence[str] = ()
    """Ids of the artifacts the run made, or found already made."""
    verdict: str | None = None
    """``passed`` or ``failed`` by the validation gate; a reproduction or an audit has its own verdict."""
    details: Mapping[str, Any] = {}


def entry_digest(row: Row) -> str:
    """Return the digest that an entry has by its facts."""
    return digest_json(
        {
            column: value
            for column, value in row.items()
            if column not in ("number", "entry") and not (column in _ADDED_LATER and value is None)
        }
    )


class Ledger:
    """The table of runs.

    Parameters
    ----------
    location
        Location of the table.
    namings
        Returns the state of the names table, which every entry witnesses.
    """

    def __init__(self, location: TableLocation, namings: Callable[[], NamingsSeen]) -> None:
        self._table = AppendOnlyTable(location, SCHEMA)
        self._namings = namings

    def record(self, run: Run, environment: Environment) -> str:
        """Append a run and return the digest of its entry: the new head of the chain."""

        def decide(rows: Sequence[Row]) -> Row:
            namings = self._namings()
            row: Row = {
                **run.model_dump(exclude={"started_at", "configuration", "details", "error"}),
                "error": None if run.error is None else redacted(run.error),
                **environment.model_dump(),
                "started_at": run.started_at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "configuration": json.dumps(redacted_values(run.configuration), sort_keys=True),
                "details": json.dumps(redacted_values(run.details), sort_keys=True),
                "inputs": list(run.inputs),
                "outputs": list(run.outputs),
                "previous": rows[-1]["entry"] if rows else FIRST,
                "namings": namings.number,
                "namings_digest": namings.digest,
            }
            return {**row, "entry": entry_digest(row)}

        row = self._table.append(decide)
        assert row is not None
        return str(row["entry"])

    def head(self) -> str:
        """Return the digest of the newest entry, which depends on all before it; `FIRST` without entries."""
        last = self._table.last()
        return str(last["entry"]) if last else FIRST

    def runs(self) -> list[Row]:
        """Return every entry, oldest first."""
        return self._table.rows()

    @property
    def segments(self) -> Segments | None:
        """The sealed segments of the table, None if it was never written: for audits."""
        return self._table.segments

    def logged_runs(self) -> list[Row]:
        """Return every entry as Delta Lake's log has it, without sealed segments: what audits compare."""
        return self._table.logged_rows()
