"""A Delta Lake table that is only ever appended to, one row at a time, by compare-and-swap.

Two blind appends could both decide that they are "v2". So a row is decided from the table as read, and
committed only if nobody came between; otherwise the table is read again and the row decided again.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from shls_core.errors import StoreError, StoreUnwritable

Row = dict[str, Any]
_ATTEMPTS = 200


class AppendOnlyTable:
    """Rows of one Arrow schema in append order.

    The schema must have an int64 column ``number``: 1 for the first row, and so on.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema

    def rows(self) -> list[Row]:
        """Return all rows in the order they were appended; none if the table was never written."""
        try:
            return self._read(DeltaTable(self._path))
        except TableNotFoundError:
            return []

    def append(self, decide: Callable[[list[Row]], Row | None]) -> Row | None:
        """Append the row that `decide` makes of the rows so far; None appends nothing.

        `decide` is called again if another writer was faster, and must have no effect of its own.

        Raises
        ------
        StoreUnwritable
            If the store takes no bytes.
        StoreError
            If other writers were faster every time.
        """
        try:
            return self._append(decide)
        except (DeltaError, OSError) as error:
            what = str(error).splitlines()[0]
            raise StoreUnwritable(f"expected to append to the table {self._path.name}: {what}") from error

    def _append(self, decide: Callable[[list[Row]], Row | None]) -> Row | None:
        self._create()
        for _ in range(_ATTEMPTS):
            table = DeltaTable(self._path)
            rows = self._read(table)
            row = decide(rows)
            if row is None:
                return None
            row = {"number": len(rows) + 1, **row}
            try:
                write_deltalake(
                    table,
                    pa.Table.from_pylist([row], schema=self._schema),
                    mode="append",
                    commit_properties=CommitProperties(max_commit_retries=0),
                )
            except CommitFailedError:
                continue
            return row
        raise StoreError(
            f"gave up after {_ATTEMPTS} attempts to append to {self._path.name}: too many writers"
        )

    def _create(self) -> None:
        """Make the table where there is none."""
        try:
            DeltaTable.create(
                self._path,
                schema=self._schema,
                mode="ignore",
                # By default Delta deletes old log files by itself; this log is the history.
                configuration={"delta.enableExpiredLogCleanup": "false"},
            )
        except DeltaError:  # "protocol changed", where another writer made it meanwhile
            if not DeltaTable.is_deltatable(str(self._path)):
                raise

    @staticmethod
    def _read(table: DeltaTable) -> list[Row]:
        # Not by way of pyarrow's datasets: their threads call Python to read a file, and a process that ends
        # meanwhile is aborted (one in eight on a busy machine).
        query = QueryBuilder().register("rows", table).execute("SELECT * FROM rows ORDER BY number")
        rows: list[Row] = pa.table(query.read_all()).to_pylist()
        return rows
