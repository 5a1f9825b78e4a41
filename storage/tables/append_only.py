"""An append-only Delta Lake table: one row at a time is appended, by compare-and-swap.

Two blind appends could both decide that they are "v2". So a row is computed from the table as read, and
committed only if there was no other commit in between; otherwise the table is read again and the row computed
again.

A table of 64 rows or more is read from sealed segments (`storage.tables.sealed`) and from the last commits of
its log (`storage.tables.log_tail`), so an append does not grow with the table.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from obstore.exceptions import BaseError

from shls_core.errors import StoreError, StoreUnreadable, StoreUnwritable
from storage.files.failures import is_broken_off, store_error
from storage.files.location import TableLocation
from storage.files.reading import read_again
from storage.tables import log_tail, sealed
from storage.tables.sealed import SealedRows, Segments

Row = dict[str, Any]
_ATTEMPTS = 200
_APPENDS_BETWEEN_CHECKPOINTS = 16 * sealed.ROWS
"""Other readers of Delta Lake replay the log from its last checkpoint."""
CONFIGURATION: Mapping[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}
"""By default Delta deletes old log files by itself; this log is the history."""


class Fold(NamedTuple):
    """A digest over all rows of a table in order, kept in its segments."""

    step: Callable[[str, Mapping[str, Any]], str]
    """Returns the digest with one row more."""
    first: str
    """The digest of no rows."""


class _Opened(NamedTuple):
    """A table as it was read."""

    rows: SealedRows
    delta: DeltaTable | None
    """None if the next row can be committed without it."""


class AppendOnlyTable:
    """Rows of one Arrow schema in append order.

    The schema must have an int64 column ``number``: 1 for the first row, and so on. Nullable columns may be
    added to it: an older table gets them with its next append, and contains None in its earlier rows.

    Parameters
    ----------
    location
        Where it is.
    schema
        Its columns.
    fold
        The digest that `folded` returns, if there is one.
    """

    def __init__(self, location: TableLocation, schema: pa.Schema, fold: Fold | None = None) -> None:
        self._location = location
        self._schema = schema
        self._fold = fold
        self._known_segments: Segments | None = None

    def rows(self) -> list[Row]:
        """Return all rows in append order; no rows if the table was never written.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        """
        with self._store_errors("read", StoreUnreadable):
            return list(read_again(self._read))

    def logged_rows(self) -> list[Row]:
        """Return all rows as Delta Lake's log has them, without segments: what audits compare.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        """
        with self._store_errors("read", StoreUnreadable):
            try:
                return read_again(self._log)
            except TableNotFoundError:
                return []

    def last(self) -> Row | None:
        """Return the newest row; None if there is none.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        """
        with self._store_errors("read", StoreUnreadable):
            rows = read_again(self._read)
            return rows[-1] if rows else None

    def folded(self) -> tuple[int, str]:
        """Return the number of rows, and the digest over all of them.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        """
        assert self._fold is not None
        with self._store_errors("read", StoreUnreadable):
            rows = read_again(self._read)
            return len(rows), rows.folded(*self._fold)

    def append(self, decide: Callable[[Sequence[Row]], Row | None]) -> Row | None:
        """Append the row that `decide` computes from the rows so far; None appends nothing.

        `decide` is called again if another writer was faster, and must have no side effects. Rows are
        compared by content: if a row exists although its commit was refused, it was committed, and only the
        answer was lost. The rows are read when `decide` asks for them.

        A segment that cannot be written is a warning: the row is there, and the next append seals it.

        Raises
        ------
        StoreUnwritable, StoreUnreachable
            If the store cannot be written.
        StoreError
            If other writers were faster every time.
        """
        refused: Row | None = None
        for _ in range(_ATTEMPTS):
            with self._store_errors("append to", StoreUnwritable):
                opened = read_again(self._opened_or_created)
                rows = opened.rows
                if refused and len(rows) >= refused["number"] and rows[refused["number"] - 1] == refused:
                    return refused
            row = decide(rows)
            if row is None:
                return None
            row = dict.fromkeys(self._schema.names) | {"number": len(rows) + 1, **row}
            if self._commit(opened, row):
                try:
                    self._seal(opened, row)
                except StoreError as error:
                    warnings.warn(f"{error}; the row itself was written, and is sealed later", stacklevel=2)
                return row
            refused = row
        raise StoreError(
            f"gave up after {_ATTEMPTS} attempts to append to {self._location.name}: too many writers"
        )

    def _open(self) -> DeltaTable:
        return DeltaTable(self._location.uri, storage_options=self._location.options)

    def _read(self) -> SealedRows:
        try:
            return self._opened().rows
        except TableNotFoundError:
            return SealedRows(None, [], [], list)

    def _opened_or_created(self) -> _Opened:
        try:
            return self._opened()
        except TableNotFoundError:
            self._create()
            return self._opened()

    def _opened(self) -> _Opened:
        """Read the table from its segments and the end of its log; without segments, as Delta Lake does."""
        segments = self.segments
        if segments and (sealed_until := segments.listed()):
            tail = log_tail.rows_after(segments.files, sealed_until[-1].last, self._schema)
            if tail is not None:
                rows = SealedRows(segments, sealed_until, tail, self._log)
                is_complete = segments.has_all_columns(sealed_until[-1])
                return _Opened(rows, None if is_complete else self._open())
        table = self._open()
        return _Opened(SealedRows(segments, [], self._rows(table), list), table)

    @property
    def segments(self) -> Segments | None:
        """The segments, those that were read kept in memory; None while the table has no folder."""
        if self._known_segments is None and (files := self._location.files()):
            self._known_segments = Segments(files, self._schema)
        return self._known_segments

    def _log(self) -> list[Row]:
        return self._rows(self._open())

    def _seal(self, opened: _Opened, row: Row) -> None:
        """Seal the rows that wait for it, if there are enough, and the table was only appended to."""
        rows, segments = opened.rows, self.segments
        waiting = [*rows.tail, row]
        numbers = [one["number"] for one in waiting]
        if len(waiting) < sealed.ROWS or numbers != list(range(rows.num_sealed + 1, row["number"] + 1)):
            return
        if opened.delta is not None and opened.delta.version() != row["number"]:
            return
        assert segments is not None
        with self._store_errors("seal rows of", StoreUnwritable):
            folded = rows.folded_until_tail(*self._fold) if self._fold else None
            for start in range(0, len(waiting) - sealed.ROWS + 1, sealed.ROWS):
                part = waiting[start : start + sealed.ROWS]
                if self._fold:
                    for one in part:
                        folded = self._fold.step(str(folded), one)
                segments.seal(part, folded)
            if row["number"] % _APPENDS_BETWEEN_CHECKPOINTS == 0:
                self._open().create_checkpoint()

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

    def _commit(self, opened: _Opened, row: Row) -> bool:
        """Append a row to the table as it was read; return False if another writer committed in between."""
        table, segments = opened.delta, self.segments
        with self._store_errors("append to", StoreUnwritable):
            try:
                if table is None:
                    assert segments is not None
                    return log_tail.append_row(segments.files, row, self._schema)
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
            if type(error) is not Exception and not isinstance(
                error, DeltaError | OSError | BaseError | pa.ArrowException
            ):
                raise  # a bug of this project; deltalake's queries raise plain Exception
            what = f"expected to {doing} the table {self._location.name}"
            raise store_error(what, error, lasting) from error
