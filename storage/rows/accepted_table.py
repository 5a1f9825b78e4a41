"""Accepted rows as columns: a million rows are a few hundred megabytes, as objects some gigabytes.

The loaders read `storage.rows.stage_artifact`, and their code is part of what a checkpoint is: columns, which
only planning asks for, are a module of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from storage.rows.shards import read_columns_of_all
from storage.rows.stage_artifact import AcceptedRows, RowAddress, StageArtifact
from storage.rows.stage_graph import schema_of

_TABLES_AT_ONCE = 256
ADDRESS = pa.schema(
    [
        pa.field("sample_id", pa.string()),
        pa.field("digest", pa.string()),
        pa.field("shard", pa.int32()),  # place among the shards; null for a row that does not exist yet
        pa.field("index", pa.int32()),
    ]
)


@dataclass(frozen=True)
class AcceptedTable:
    """The accepted rows of a stage, by ascending sample id."""

    stage: str
    shards: Sequence[str]
    """Digests of the shards that hold them."""
    rows: pa.Table
    """The columns of `ADDRESS`, then those asked for."""

    def __len__(self) -> int:
        return len(self.rows)

    def address(self, place: int) -> RowAddress:
        """Return the address of a row."""
        shard = int(self._places[0][place])
        where = "" if shard < 0 else self.shards[shard]
        return RowAddress(
            self.stage, self.sample_id(place), self.digest(place), where, int(self._places[1][place])
        )

    def sample_id(self, place: int) -> str:
        """Return the sample id of a row."""
        name: bytes = self._sample_ids[place]
        return name.decode()

    def digest(self, place: int) -> str:
        """Return the digest of the content of a row."""
        digest: bytes = self._digests[place]
        return digest.decode()

    @cached_property
    def _sample_ids(self) -> npt.NDArray[np.bytes_]:
        return _texts(self.rows["sample_id"])

    @cached_property
    def _digests(self) -> npt.NDArray[np.bytes_]:
        return _texts(self.rows["digest"])

    @cached_property
    def _places(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        shards, indices = (self.rows[name].fill_null(-1).to_numpy() for name in ("shard", "index"))
        return shards, indices

    def items(self, start: int = 0, count: int | None = None) -> list[tuple[RowAddress, dict[str, Any]]]:
        """Return the address and the columns of some rows: of all, unless others are asked for."""
        return list(self._items(self.rows.slice(start, count)))

    def _items(self, rows: pa.Table) -> Iterator[tuple[RowAddress, dict[str, Any]]]:
        for row in rows.to_pylist():
            sample_id, digest, shard, index = (row.pop(name) for name in ADDRESS.names)
            where = "" if shard is None else self.shards[shard]
            yield RowAddress(self.stage, sample_id, digest, where, index), row


class AcceptedColumns:
    """Collects an `AcceptedTable` from the rows of one shard after another."""

    def __init__(self, stage: str, schema: pa.Schema, columns: Sequence[str]) -> None:
        self._stage = stage
        names = [name for name in dict.fromkeys(columns) if name not in ("sample_id", "digest")]
        self._schema = pa.schema([*ADDRESS, *(schema.field(name) for name in names)])
        self.columns = names
        self._shards: dict[str, int] = {}
        self._few: list[pa.Table] = []
        self._tables: list[pa.Table] = [pa.Table.from_batches([], schema=self._schema)]

    def add(self, rows: pa.Table, shard: str | None, indices: pa.Array) -> None:
        """Add rows: ``sample_id``, ``digest`` and the columns asked for; those without a digest are left out.

        Parameters
        ----------
        rows
            The rows.
        shard
            Digest of the shard they are in; None for rows that do not exist yet.
        indices
            int32, the place of each in its shard.
        """
        place = None if shard is None else self._shards.setdefault(shard, len(self._shards))
        where = pa.nulls(len(rows), pa.int32()) if place is None else _int32(np.full(len(rows), place))
        columns = [rows["sample_id"], rows["digest"], where, indices, *(rows[name] for name in self.columns)]
        table = pa.Table.from_arrays(columns, schema=self._schema)
        self._few.append(table.filter(pc.is_valid(table["digest"])))
        if len(self._few) == _TABLES_AT_ONCE:  # thousands of small pieces cost more than what is in them
            self._tables.append(pa.concat_tables(self._few).combine_chunks())
            self._few = []

    def table(self) -> AcceptedTable:
        """Return all of them."""
        together = pa.concat_tables([*self._tables, *self._few])
        self._tables, self._few = [], []
        order = pc.sort_indices(together, [("sample_id", "ascending")])
        return AcceptedTable(self._stage, list(self._shards), together.take(order).combine_chunks())


@runtime_checkable
class AcceptedInColumns(AcceptedRows, Protocol):
    """Accepted rows that are given as columns, too."""

    def accepted_table(self, columns: Sequence[str] = ()) -> AcceptedTable:
        """Return what `accepted` returns, as columns."""
        ...


class ColumnArtifact(StageArtifact):
    """The artifact of a stage whose accepted rows are given as columns, too."""

    def accepted_table(self, columns: Sequence[str] = ()) -> AcceptedTable:
        """Return what `accepted` returns, as columns."""
        stage, shards = self.manifest.stage, [shard.digest for shard in self.manifest.shards]
        found = AcceptedColumns(stage, schema_of(stage).arrow, columns)
        tables = read_columns_of_all(self._objects, shards, ["sample_id", "digest", *found.columns])
        for shard, table in zip(shards, tables, strict=True):
            found.add(table, shard, numbers_until(len(table)))
        return found.table()


def numbers_until(count: int) -> pa.Array:
    """Return 0, 1, 2, … as int32."""
    return _int32(np.arange(count))


def _int32(numbers: npt.NDArray[np.int64]) -> pa.Array:
    # `pa.array` would import pandas, only to see that these numbers are none of its own.
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers.astype(np.int32))])


def _texts(column: pa.ChunkedArray) -> npt.NDArray[np.bytes_]:
    """Return a column of texts as one array: single texts of it are read in a fifth of the time."""
    return np.array([text.encode() for text in column.to_pylist()], dtype=np.bytes_)
