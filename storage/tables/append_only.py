"""An append-only Delta Lake table: one row at a time is appended, by compare-and-swap.

Two blind appends could both decide that they are "v2". So a row is computed from the table as read, and
committed only if there was no other commit in between; otherwise the table is read again and the row computed
again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from shls_core.errors import StoreError, StoreUnreadable, StoreUnwritable
from storage.files.failures import is_broken_off, store_error
from storage.files.location import TableLocation
from storage.files.reading import read_again

Row = dict[str, Any]
_ATTEMPTS = 200
CONFIGURATION: Mapping[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}
"""By default Delta deletes old log files by itself; this log is the history."""


class AppendOnlyTable:
    """Rows of one Arrow schema in append order.

    The schema must have an int64 column ``number``: 1 for the first row, and so on. Nullable columns may be
    added to it: an older table gets them with its next append, and contains None in its earlier rows.
    """

    def __init__(self, location: TableLocation, schema: pa.Schema) -> None:
        self._location = location
        self._schema = schema

    def rows(self) -> list[Row]:
        """Return all rows in append order; no rows if the table was never written.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        """
        with self._store_errors("read", StoreUnreadable):
            return read_again(self._read)

    def append(self, decide: Callable[[list[Row]], Row | None]) -> Row | None:
        """Append the row that `decide` computes from the rows so far; None appends nothing.

        `decide` is called again if another writer was faster, and must have no side effects. Rows are
        compared by content: if a row exists although its commit was refused, it was committed, and only the
        answer was lost.

        Raises
        ------
        StoreUnwritable, StoreUnreachable
            If the store cannot be written.
        StoreError
            If other writers were faster every time.
        """
        with self._store_errors("append to", StoreUnwritable):
            read_again(self._create)
        refused: Row | None = None
        for _ in range(_ATTEMPTS):
            with self._store_errors("append to", StoreUnwritable):
                table, rows = read_again(self._opened)
            if refused in rows:
                return refused
            row = decide(rows)
            if row is None:
                return None
            row = {"number": len(rows) + 1, **row}
            if self._commit(table, row):
                return row
            refused = row
        raise StoreError(
            f"gave up after {_ATTEMPTS} attempts to append to {self._location.name}: too many writers"
        )

    def _open(self) -> DeltaTable:
        return DeltaTable(self._location.uri, storage_options=self._location.options)

    def _opened(self) -> tuple[DeltaTable, list[Row]]:
        table = self._open()
        return table, self._rows(table)

    def _read(self) -> list[Row]:
        try:
            return self._opened()[1]
        except TableNotFoundError:
            return []

    def _create(self) -> None:
        """Create the table if there is none."""
        uri, options = self._location.uri, self._location.options
        try:
            DeltaTable.create(
                uri,
                schema=self._schema,
                mode="ignore",
                configuration=CONFIGURATION,
                storage_options=options,
            )
        except DeltaError:  # "protocol changed", if another writer created it meanwhile
            if not DeltaTable.is_deltatable(uri, options):
                raise

    def _commit(self, table: DeltaTable, row: Row) -> bool:
        """Append a row to the table as it was read; return False if another writer committed in between."""
        with self._store_errors("append to", StoreUnwritable):
            try:
                write_deltalake(
                    table,
                    pa.Table.from_pylist([row], schema=self._schema),
                    mode="append",
                    schema_mode="merge",
                    commit_properties=CommitProperties(max_commit_retries=0),
                )
            except CommitFailedError:
                return False
            except Exception as error:
                if not is_broken_off(error):
                    raise
                return False  # it may have been committed: `append` looks for the row
        return True

    def _rows(self, table: DeltaTable) -> list[Row]:
        # Datasets of pyarrow are not used: their threads call Python to read a file, and a process that ends
        # meanwhile aborts (one in eight on a busy machine).
        query = QueryBuilder().register("rows", table).execute("SELECT * FROM rows ORDER BY number")
        unknown = dict.fromkeys(self._schema.names)
        # `pyarrow.table` would import pandas, only to check that this is not a pandas table: half a second.
        found = pa.RecordBatchReader.from_stream(query.read_all()).read_all()
        return [unknown | row for row in found.to_pylist()]

    @contextmanager
    def _store_errors(self, doing: str, lasting: type[StoreError]) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if type(error) is not Exception and not isinstance(error, DeltaError | OSError):
                raise  # a bug of this project; deltalake's queries raise plain Exception
            what = f"expected to {doing} the table {self._location.name}"
            raise store_error(what, error, lasting) from error
