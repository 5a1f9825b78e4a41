"""Planned rows in little memory: a million as objects are a gigabyte, packed they are a third of it.

A row is unpacked when somebody looks at it. The rows that it reads are kept as places in tables of addresses,
which all rows of a stage share.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from storage.canonical import digest_json
from storage.records.manifests import SCHEMA_VERSION
from storage.rows.accepted_table import AcceptedTable
from tasks.planning.shard_job import KeyedRow, KnownRow
from tasks.stages.stage import RowPlan

_BLOCK = 1024
Reads = Iterable[tuple[str, int]]
"""The rows that a row reads: the stage of each, and its place in the table of that stage."""


class PackedPlans(Sequence[RowPlan]):
    """A sequence of plans of rows, to which plans are added.

    Parameters
    ----------
    tables
        The rows of each stage that these rows may read, by its name.
    """

    def __init__(self, tables: Mapping[str, AcceptedTable] | None = None) -> None:
        self._tables = list((tables or {}).values())
        self._number = {table.stage: number for number, table in enumerate(self._tables)}
        self._blocks: list[bytes] = []
        self._ends: list[array[int]] = []
        self._open: list[bytes] = []

    def add(self, plan: RowPlan, reads: Reads = ()) -> None:
        """Add a plan; its `inputs` are the rows that it reads, given by place instead."""
        assert not plan.inputs
        places = array("I")
        for stage, place in reads:
            places.extend((self._number[stage], place))
        facts = (_packed(plan.sample_id), tuple(map(_packed, plan.source_ids)), places.tobytes())
        self._open.append(pickle.dumps((*facts, plan.decided, plan.location), pickle.HIGHEST_PROTOCOL))
        if len(self._open) == _BLOCK:
            self._close()

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + len(self._open)

    def __iter__(self) -> Iterator[RowPlan]:
        return (self[place] for place in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> RowPlan: ...
    @overload
    def __getitem__(self, place: slice) -> list[RowPlan]: ...
    def __getitem__(self, place: int | slice) -> RowPlan | list[RowPlan]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        sample_id, source_ids, reads, decided, location = self._facts(place)
        return RowPlan(
            sample_id=_unpacked(sample_id),
            source_ids=tuple(map(_unpacked, source_ids)),
            inputs=tuple(self._tables[table].address(row) for table, row in _pairs(reads)),
            decided=decided,
            location=location,
        )

    def key(self, place: int, making: str) -> str:
        """Return the key of a row, as `keyed_row` does."""
        sample_id, source_ids, reads, decided, _ = self._facts(place)
        read = [self._tables[table].digest(row) for table, row in _pairs(reads)]
        return _key(making, _unpacked(sample_id), list(map(_unpacked, source_ids)), read, decided)

    def sample_id(self, place: int) -> str:
        """Return the sample id of a row."""
        return _unpacked(self._facts(place)[0])

    def _facts(self, place: int) -> tuple[Any, ...]:
        block, number = divmod(range(len(self))[place], _BLOCK)
        if block == len(self._blocks):
            data = self._open[number]
        else:
            start = self._ends[block][number - 1] if number else 0
            data = self._blocks[block][start : self._ends[block][number]]
        facts: tuple[Any, ...] = pickle.loads(data)
        return facts

    def _close(self) -> None:
        self._ends.append(array("I", np.cumsum([len(one) for one in self._open]).tolist()))
        self._blocks.append(b"".join(self._open))
        self._open = []


def packed(plans: Iterable[RowPlan]) -> PackedPlans:
    """Pack plans that read no rows."""
    found = PackedPlans()
    for plan in plans:
        found.add(plan)
    return found


def keyed_row(plan: RowPlan, making: str) -> KeyedRow:
    """Key a row by everything that decides its bytes; of its inputs, by exactly the rows it reads."""
    read = [address.digest for address in plan.inputs]
    return KeyedRow(plan, _key(making, plan.sample_id, list(plan.source_ids), read, plan.decided))


def _key(
    making: str, sample_id: str, source_ids: list[str], read: list[str], decided: Mapping[str, Any]
) -> str:
    return digest_json([SCHEMA_VERSION, making, [sample_id, source_ids, read, dict(decided)]])


class KeyedPlans:
    """Plans, and the key of each.

    Parameters
    ----------
    plans
        The plans.
    making
        How their rows are made: see `Making.digest`.
    """

    def __init__(self, plans: PackedPlans, making: str) -> None:
        self.plans = plans
        self._keys = b"".join(bytes.fromhex(plans.key(place, making)) for place in range(len(plans)))

    def key(self, place: int) -> str:
        """Return the key of a plan."""
        return self._keys[32 * place : 32 * place + 32].hex()


class ShardRows(Sequence[KeyedRow]):
    """The rows of one shard, unpacked when somebody looks at them; a pickle of it holds them all.

    Parameters
    ----------
    keyed
        The rows of the stage.
    places
        The places, among them, of those in this shard.
    known
        Where the same row exists already, by its key.
    """

    def __init__(
        self, keyed: KeyedPlans, places: Sequence[int], known: Mapping[str, KnownRow] | None = None
    ) -> None:
        self._keyed, self._places = keyed, places
        self._known = {key: known[key] for key in self.keys() if key in known} if known else {}

    def keys(self) -> list[str]:
        """Return the keys of the rows."""
        return [self._keyed.key(place) for place in self._places]

    @property
    def num_known(self) -> int:
        """Rows that exist already."""
        return sum(key in self._known for key in self.keys()) if self._known else 0

    def with_known(self, known: Mapping[str, KnownRow]) -> ShardRows:
        """Return the same rows, with the places of those that exist."""
        return ShardRows(self._keyed, self._places, known)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> KeyedRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[KeyedRow]: ...
    def __getitem__(self, place: int | slice) -> KeyedRow | list[KeyedRow]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        number = self._places[place]
        key = self._keyed.key(number)
        return KeyedRow(self._keyed.plans[number], key, self._known.get(key))

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def _pairs(reads: bytes) -> list[list[int]]:
    numbers = array("I")
    numbers.frombytes(reads)
    return [numbers[start : start + 2].tolist() for start in range(0, len(numbers), 2)]


def _packed(name: str) -> bytes | str:
    """Return a digest as 32 bytes; any other name as it is."""
    if len(name) == 64:
        try:
            data = bytes.fromhex(name)
        except ValueError:
            return name
        return data if data.hex() == name else name
    return name


def _unpacked(name: bytes | str) -> str:
    return name.hex() if isinstance(name, bytes) else name
