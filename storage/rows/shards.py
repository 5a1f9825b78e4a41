"""Parquet shards in a store: write a shard, read some of its columns, read single rows of many shards."""

import base64
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shls_core.errors import ObjectCorrupted
from storage.canonical import short
from storage.files.object_reader import ObjectReader
from storage.files.readers import SHARD_READERS
from storage.objects.objects import ObjectStore
from storage.records.manifests import ShardRef
from storage.rows.schemas.version_2 import renamed, stored_names
from storage.rows.shard_bounds import check_bounds
from storage.rows.shard_encoding import ROW_GROUP_ROWS, encode_shard


def put_shard(objects: ObjectStore, schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> ShardRef:
    """Encode `rows`, store them as one object and return the reference to it."""
    data = encode_shard(schema, rows)
    rejected = sum(row["rejected"] is not None for row in rows)
    return ShardRef(digest=objects.put(data), rows=len(rows), rejected=rejected, bytes=len(data))


def shard_ref(objects: ObjectStore, digest: str) -> ShardRef:
    """Return the reference to a shard that is in the store."""
    with damage_named(objects, digest):
        reader = objects.open(digest)
        rejected = open_shard(reader).read(columns=["rejected"], use_threads=False)["rejected"]
    return ShardRef(
        digest=digest, rows=len(rejected), rejected=len(rejected) - rejected.null_count, bytes=reader.size
    )


def read_columns(objects: ObjectStore, digest: str, columns: Sequence[str]) -> pa.Table:
    """Read only some columns of a shard; those of a shard of version 2 get their current names."""
    with damage_named(objects, digest):
        file = open_shard(objects.open(digest))
        table = file.read(columns=stored_names(file.schema_arrow, columns), use_threads=False)
    return renamed(table, file.schema_arrow)


def read_columns_of_all(
    objects: ObjectStore, digests: Sequence[str], columns: Sequence[str]
) -> Iterator[pa.Table]:
    """Read some columns of many shards, a few shards at a time, and yield their tables in order."""
    with ThreadPoolExecutor(max_workers=SHARD_READERS) as readers:
        yield from readers.map(lambda digest: read_columns(objects, digest, columns), digests)


@contextmanager
def damage_named(objects: ObjectStore, digest: str) -> Iterator[None]:
    """Wrap the Parquet library's errors about a damaged shard: name the shard, and what to do."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError) as error:
        what = " ".join(str(error).split())
        raise ObjectCorrupted(
            f"shard {short(digest)}… cannot be read: {what} {objects.remedy(digest)}"
        ) from error


def open_shard(reader: ObjectReader) -> pq.ParquetFile:
    """Return the Parquet file in an object; reading its pages verifies their checksums.

    Raises
    ------
    pyarrow.ArrowException, OSError
        For a file that is damaged; see `damage_named`.
    """
    file = pq.ParquetFile(reader.arrow_file(), page_checksum_verification=True)
    if not _agrees_with_itself(file):
        raise pa.ArrowInvalid("its footer contradicts itself")
    check_bounds(file.metadata, reader.size)
    return file


def _agrees_with_itself(file: pq.ParquetFile) -> bool:
    """Return whether the two lists of columns in the footer agree, and its two numbers of rows.

    No checksum covers a footer. Without this check, one in forty flipped bits of it hides a column or rows.
    """
    footer = file.metadata
    stored = base64.b64decode((footer.metadata or {}).get(b"ARROW:schema", b""))
    stored_schema = pa.ipc.read_schema(pa.py_buffer(stored))
    rows_in_groups = sum(footer.row_group(group).num_rows for group in range(footer.num_row_groups))
    return bool(file.schema_arrow.equals(stored_schema) and footer.num_rows == rows_in_groups)


class RowReader:
    """Reads single rows of many shards, with a cache of the row groups that were used last.

    Parameters
    ----------
    objects
        Where the shards are.
    cache_bytes
        Memory for cached row groups.
    """

    def __init__(self, objects: ObjectStore, cache_bytes: int = 256 << 20) -> None:
        self._objects = objects
        self._cache_bytes = cache_bytes
        self._files: OrderedDict[str, pq.ParquetFile] = OrderedDict()
        self._groups: OrderedDict[tuple[str, int, tuple[str, ...]], pa.Table] = OrderedDict()
        self._held_bytes = 0

    def row(self, digest: str, index: int, columns: Sequence[str]) -> dict[str, Any]:
        """Return some columns of row `index` of the shard `digest`."""
        group, offset = divmod(index, ROW_GROUP_ROWS)
        table = self._group(digest, group, tuple(columns))
        row: dict[str, Any] = table.slice(offset, 1).to_pylist()[0]
        return row

    def _group(self, digest: str, group: int, columns: tuple[str, ...]) -> pa.Table:
        key = (digest, group, columns)
        if key in self._groups:
            self._groups.move_to_end(key)
            return self._groups[key]
        with damage_named(self._objects, digest):
            file = self._file(digest)
            stored = stored_names(file.schema_arrow, columns)
            table = renamed(file.read_row_group(group, columns=stored, use_threads=False), file.schema_arrow)
        self._groups[key] = table
        self._held_bytes += table.nbytes
        while self._held_bytes > self._cache_bytes and len(self._groups) > 1:
            self._held_bytes -= self._groups.popitem(last=False)[1].nbytes
        return table

    def _file(self, digest: str) -> pq.ParquetFile:
        if digest not in self._files:
            self._files[digest] = open_shard(self._objects.open(digest))
            if len(self._files) > 256:
                self._files.popitem(last=False)
        return self._files[digest]
