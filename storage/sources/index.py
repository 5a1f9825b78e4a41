"""The index of sources: what was read of each file, so that an unchanged one is not read again.

It is a cache beside the store's content: part of no identity, and safe when it is lost. An entry is used only
for a file of the same name, size and stamp. The file begins with its own SHA-256: one that is damaged counts
as lost.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore as Backend

from shls_core.errors import ForeignFile, ObjectMissing, StoreUnreadable
from storage.canonical import digest_json
from storage.files.failures import store_errors
from storage.files.reading import read, read_again
from storage.files.removal import remove_files
from storage.files.writing import write

FOLDER = "sources"
_DIGEST_BYTES = 32
_LARGEST = 8 << 30
_BATCH = 8192
_RULE = b"rule"
_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("stamp", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("digest", pa.binary(_DIGEST_BYTES)),
        pa.field("facts", pa.string()),
    ]
)


class Entry(NamedTuple):
    """What was read of a file."""

    name: str
    """Inside the folder of sources."""
    size: int
    """In bytes."""
    stamp: str
    """Another one for other bytes: an ETag; or times of change, and the number of the inode."""
    kind: str
    """See `shls_core.files.file_kind`."""
    digest: str | None
    """SHA-256 of its bytes; None if it was not read whole."""
    facts: str | None = None
    """What else follows from its bytes, as JSON."""


def index_path(stage: str, place: str) -> str:
    """Return the path inside the store of the index of a place of sources.

    Parameters
    ----------
    stage
        The stage that reads the sources.
    place
        Their folder, absolute, or their address.
    """
    return f"{FOLDER}/{digest_json([stage, place])}"


def read_index(backend: Backend, path: str, rule: str) -> Iterator[Entry]:
    """Yield the entries of an index, by name; none if there is none that can be used.

    Parameters
    ----------
    backend
        The store.
    path
        See `index_path`.
    rule
        A digest of the code that finds kinds and facts: those found by another rule are not used.

    Raises
    ------
    StoreUnreachable
        If the store does not answer.
    """
    try:
        with store_errors(f"expected to read {path} of the store"):
            data = memoryview(read(backend, path, _LARGEST))
    except (ObjectMissing, ForeignFile, StoreUnreadable):
        return
    content = data[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != bytes(data[:_DIGEST_BYTES]):
        return  # damaged: pyarrow would end the process on some of such files
    table = pq.read_table(pa.BufferReader(content))
    if table.schema.remove_metadata() != _SCHEMA or table.schema.metadata.get(_RULE) != rule.encode():
        return
    for batch in table.to_batches(_BATCH):
        columns = [batch[name].to_pylist() for name in _SCHEMA.names]
        columns[4] = [digest and digest.hex() for digest in columns[4]]
        yield from map(Entry, *columns)


def write_index(backend: Backend, path: str, rule: str, entries: Iterable[Entry]) -> None:
    """Write an index, or replace it.

    Raises
    ------
    StoreUnwritable, StoreUnreachable
        If the store does not take it.
    """
    columns = [list(column) for column in zip(*entries, strict=True)] or [[] for _ in _SCHEMA.names]
    columns[4] = [digest and bytes.fromhex(digest) for digest in columns[4]]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=_SCHEMA.with_metadata({_RULE: rule.encode()}))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    write(backend, path, hashlib.sha256(content).digest() + content)


def remove_indexes(backend: Backend) -> None:
    """Remove all indexes: they hold names of files.

    Raises
    ------
    StoreUnwritable
        If the store refuses it.
    """
    with store_errors(f"expected to list {FOLDER} of the store"):
        found = read_again(lambda: obstore.list(backend, prefix=FOLDER).collect())
    remove_files(backend, [str(entry["path"]) for entry in found])
