"""The last commits of an append-only table's Delta log, each read and written as one small file.

deltalake opens a table by reading its whole log, and a query opens the file of every row: both grow with the
table. The rows since the last sealed segment (`storage.tables.sealed`) are few, so their commits are read by
number, and the next one is written by number. What is written is an ordinary append of Delta Lake's protocol:
one data file, then ``NUMBER.json``, which is refused if another writer was faster.

References
----------
.. [1] Delta Lake, "Delta Transaction Log Protocol", https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

import io
import json
import re
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore as Backend

from storage.files.readers import READERS
from storage.files.reading import LARGEST_FILE, read

_COMMIT = re.compile(r"_delta_log/([0-9]{20})\.json")
_STATISTICS = ("number",)
"""Columns with bounds in the log; audits check them (`storage.verification.delta_log`)."""


def commit_path(number: int) -> str:
    """Return the path of a commit inside its table."""
    return f"_delta_log/{number:020d}.json"


def rows_after(files: Backend, number: int, schema: pa.Schema) -> list[dict[str, Any]] | None:
    """Return the rows that were appended after commit `number`, oldest first.

    Returns
    -------
    list of dict or None
        None if the commits from `number` on are not all there, or one of them is no append of one row by a
        writer of this table: then only Delta Lake itself can say what the table holds.

    Raises
    ------
    OSError, obstore.exceptions.BaseError, pyarrow.ArrowException
        If a file cannot be read.
    """
    # The listing begins after the offset, so the commit `number` itself is looked for, too.
    listed = obstore.list(files, prefix="_delta_log", offset=commit_path(number - 1)).collect()
    found = (_COMMIT.fullmatch(str(entry["path"])) for entry in listed)
    numbers = sorted(int(one[1]) for one in found if one)
    if numbers != list(range(number, number + len(numbers))) or not numbers:
        return None
    with ThreadPoolExecutor(READERS) as readers:
        added = list(readers.map(lambda one: _added_file(files, one), numbers[1:]))
        if None in added:
            return None
        tables = list(readers.map(lambda path: _table(files, str(path), schema), added))
    # `schema.empty_table()` would import pandas: half a second.
    none = pa.Table.from_batches([], schema=schema)
    rows: list[dict[str, Any]] = pa.concat_tables([none, *tables]).to_pylist()
    return rows if [row["number"] for row in rows] == numbers[1:] else None


def append_row(files: Backend, row: Mapping[str, Any], schema: pa.Schema) -> bool:
    """Append a row as the commit of its number; return False if there is a commit of this number already.

    Raises
    ------
    OSError, obstore.exceptions.BaseError
    """
    data = encoded([row], schema, compression="none")
    name = f"part-00000-{uuid.uuid4()}-c000.parquet"
    obstore.put(files, name, data)
    now_ms = int(time.time() * 1000)
    bounds = {column: row[column] for column in _STATISTICS}
    statistics = {"numRecords": 1, "minValues": bounds, "maxValues": bounds, "nullCount": {}}
    actions = (
        {
            "commitInfo": {
                "timestamp": now_ms,
                "operation": "WRITE",
                "operationParameters": {"mode": "Append"},
            }
        },
        {
            "add": {
                "path": name,
                "partitionValues": {},
                "size": len(data),
                "modificationTime": now_ms,
                "dataChange": True,
                "stats": json.dumps(statistics),
            }
        },
    )
    lines = "\n".join(json.dumps(action) for action in actions)
    try:
        obstore.put(files, commit_path(row["number"]), lines.encode(), mode="create")
    except AlreadyExistsError:
        return False
    return True


def encoded(rows: list[Mapping[str, Any]], schema: pa.Schema, compression: str = "zstd") -> bytes:
    """Return rows as a Parquet file with page checksums; equal rows and schema give equal bytes.

    Of a single row, compression and dictionaries of every column take longer to read than the row.
    """
    buffer = io.BytesIO()
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(
        table,
        buffer,
        compression=compression,
        use_dictionary=compression != "none",
        write_statistics=compression != "none",
        write_page_checksum=True,
        store_schema=True,
    )
    return buffer.getvalue()


def _added_file(files: Backend, number: int) -> str | None:
    """Return the file that a commit adds; None for a commit that is anything but the append of one row."""
    try:
        actions = [json.loads(line) for line in read(files, commit_path(number)).splitlines()]
        (added,) = (action["add"] for action in actions if "add" in action)
        (info,) = (action["commitInfo"] for action in actions if "commitInfo" in action)
        names = {name for action in actions for name in action}
        is_append = names == {"add", "commitInfo"} and info["operation"] == "WRITE"
        return str(added["path"]) if is_append else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _table(files: Backend, path: str, schema: pa.Schema) -> pa.Table:
    return with_columns(
        pq.ParquetFile(pa.BufferReader(read(files, path, LARGEST_FILE))).read(use_threads=False), schema
    )


def with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with exactly the columns of a schema; those that it has not are null."""
    if table.schema.equals(schema):
        return table
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
