"""Read the packed values of single rows, and no other bytes.

The Parquet library reads each row group once as a whole, and checks its pages. A column of packed values is
one page of plain values (docs/format.md), so the position of each value follows from their lengths alone.
From then on, reading a row is one short read.
"""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from shls_core.errors import InputError, ObjectCorrupted
from storage.canonical import short
from storage.files.object_reader import ObjectReader
from storage.objects.objects import ObjectStore
from storage.rows.shard_encoding import ROW_GROUP_ROWS
from storage.rows.shards import damage_named, open_shard

_OPEN_SHARDS = 128
_PREFIX_BYTES = 4
"""Parquet writes the length of a value before it, as a little-endian 32-bit integer."""


@dataclass(frozen=True, slots=True)
class _Places:
    """The positions in the file of the values of one column, for the rows of one row group."""

    first_value: npt.NDArray[np.int64]
    """The number of the first value of every row; the last entry is the number of values."""
    ends: npt.NDArray[np.int64]
    """The end of every value: the position after its last byte; the first entry is the start of the first."""


class PayloadReader:
    """Reads lists of packed values (frames, masks, superpixel maps) of single rows of many shards.

    It caches the position of a value (8 bytes) and no value: memory does not grow with the bytes read.
    Threads may share a reader; a copy in another process, forked or unpickled, opens its own files.

    Parameters
    ----------
    objects
        Where the shards are.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._forget()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[ObjectReader, pq.ParquetFile]] = OrderedDict()
        self._places: dict[tuple[str, str, int], _Places] = {}

    def __getstate__(self) -> ObjectStore:
        return self._objects

    def __setstate__(self, objects: ObjectStore) -> None:
        self.__init__(objects)  # type: ignore[misc]

    def values(self, digest: str, column: str, index: int) -> list[memoryview]:
        """Return the values of a list column in row `index` of the shard `digest`.

        Raises
        ------
        InputError
            If the shard was written before its stage had this column.
        ObjectMissing
        ObjectCorrupted
            If a page does not match its checksum, or does not have the layout of the format.
        """
        if self._process != os.getpid():
            self._forget()  # a lock that was held during the fork stays locked
        group, row = divmod(index, ROW_GROUP_ROWS)
        places = self._places.get((digest, column, group)) or self._find_places(digest, column, group)
        first, last = places.first_value[row : row + 2]
        ends = places.ends[first : last + 1]
        with damage_named(self._objects, digest):
            data = memoryview(self._file(digest)[0].read_range(int(ends[0]), int(ends[-1] - ends[0])))
        found = []
        for start, end in zip(ends[:-1] - ends[0], ends[1:] - ends[0], strict=True):
            value = data[start + _PREFIX_BYTES : end]
            if int.from_bytes(data[start : start + _PREFIX_BYTES], "little") != len(value):
                raise ObjectCorrupted(f"shard {short(digest)}… is not one page of plain values ({column})")
            found.append(value)
        return found

    def _find_places(self, digest: str, column: str, group: int) -> _Places:
        with damage_named(self._objects, digest):
            file = self._file(digest)[1]
            if column not in file.schema_arrow.names:
                raise InputError(
                    f"expected {column} in shard {short(digest)}…, which was written before {column} were "
                    "kept; `shls dataset build` makes its rows anew"
                )
            with self._lock:  # a Parquet file has one read position
                table = file.read_row_group(group, columns=[column], use_threads=False)
            (lists,) = table[column].chunks
            places = _places(lists, _end_of_column(file, group, column))
        self._places[digest, column, group] = places
        return places

    def _file(self, digest: str) -> tuple[ObjectReader, pq.ParquetFile]:
        with self._lock:
            if digest not in self._files:
                reader = self._objects.open(digest)
                self._files[digest] = reader, open_shard(reader)
                if len(self._files) > _OPEN_SHARDS:
                    self._files.popitem(last=False)
            self._files.move_to_end(digest)
            return self._files[digest]


def _places(lists: Any, end: int) -> _Places:
    # From the buffers: Arrow's own conversion to numpy imports pandas, which takes a second.
    first_value = _offsets(lists.offsets.buffers()[1], lists.offsets.offset, len(lists))
    values = lists.values
    lengths = np.diff(_offsets(values.buffers()[1], values.offset, len(values)))
    stored = np.concatenate([[0], np.cumsum(lengths + _PREFIX_BYTES)])
    return _Places(first_value, end - stored[-1] + stored)


def _offsets(buffer: Any, start: int, count: int) -> npt.NDArray[np.int64]:
    """Return the `count` + 1 offsets that separate `count` values, as Arrow stores them."""
    if count == 0:
        return np.zeros(1, np.int64)
    return np.frombuffer(buffer, np.int32)[start : start + count + 1].astype(np.int64)


def _end_of_column(file: pq.ParquetFile, group: int, column: str) -> int:
    row_group = file.metadata.row_group(group)
    chunks = (row_group.column(number) for number in range(row_group.num_columns))
    (chunk,) = (chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] == column)
    return int(chunk.data_page_offset + chunk.total_compressed_size)
