"""Which shard a row belongs to: a pure function of the rows that are present.

So removing a photograph and adding it again gives the same shards and ids as before.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from tasks.planning.shard_job import KeyedRow
from tasks.stages.reading_order import ReadInOrder
from tasks.stages.stage import Stage

Row = TypeVar("Row", bound=KeyedRow)
_BITS = 32


def shards_of_stage(stage: Stage, rows: Sequence[KeyedRow], rows_per_shard: int) -> list[list[KeyedRow]]:
    """Return the rows of every shard of a stage, rows by sample id; no shard is empty."""
    if isinstance(stage, ReadInOrder):
        return assign_in_order(stage, rows, rows_per_shard)
    return assign_to_shards(rows, rows_per_shard)


def assign_to_shards(rows: Sequence[KeyedRow], rows_per_shard: int) -> list[list[KeyedRow]]:
    """Return the rows of every shard, shards in order, rows by sample id; no shard is empty.

    The number of shards is the smallest power of two that is at least ``len(rows) / rows_per_shard``; the
    leading bits of the hash of a row's sample id choose its shard.
    """
    shards: dict[int, list[KeyedRow]] = {}
    for row in sorted(rows, key=lambda row: row.plan.sample_id):
        shards.setdefault(shard_number(row.plan.sample_id, len(rows), rows_per_shard), []).append(row)
    return [shards[number] for number in sorted(shards)]


def places_by_shard(sample_ids: Sequence[str], rows_per_shard: int) -> list[array[int]]:
    """Return the places of the rows of every shard, as `assign_to_shards` groups rows with these ids."""
    numbers = np.fromiter(
        (shard_number(name, len(sample_ids), rows_per_shard) for name in sample_ids),
        np.uint32,
        len(sample_ids),
    )
    order = np.lexsort((np.array([name.encode() for name in sample_ids], dtype=np.bytes_), numbers))
    ends = np.flatnonzero(np.diff(numbers[order])) + 1
    return [array("I", part.astype(np.uint32).tobytes()) for part in np.split(order, ends) if len(part)]


def assign_in_order(
    stage: ReadInOrder, rows: Sequence[KeyedRow], rows_per_shard: int
) -> list[list[KeyedRow]]:
    """Return the rows of every shard of a stage whose rows follow each other; rows by sample id.

    The leading bits of the hash of its source choose a group for each row, as those of its sample id do
    elsewhere. The rows of a group, in the order of their places, are cut into shards.
    """
    most = min(rows_per_shard, stage.most_rows_per_shard)
    groups: dict[int, list[KeyedRow]] = {}
    for row in rows:
        source, _ = stage.place(row.plan)
        groups.setdefault(shard_number(source, len(rows), most), []).append(row)
    shards = []
    for number in sorted(groups):
        ordered = sorted(groups[number], key=lambda row: (*stage.place(row.plan), row.plan.sample_id))
        parts = (ordered[start : start + most] for start in range(0, len(ordered), most))
        shards += [sorted(part, key=lambda row: row.plan.sample_id) for part in parts]
    return shards


def group_of(stage: Stage, sample_id: str, source_ids: Sequence[str], num_rows: int, most: int) -> int:
    """Return the number of the shard, or of the group of shards, to which a row of a stage belongs.

    Parameters
    ----------
    stage
        The stage.
    sample_id, source_ids
        Of the row.
    num_rows
        Rows of the stage.
    most
        See `StagingConfig.rows_per_shard`.
    """
    if isinstance(stage, ReadInOrder):
        return shard_number(source_ids[0], num_rows, min(most, stage.most_rows_per_shard))
    return shard_number(sample_id, num_rows, most)


def shard_number(name: str, num_rows: int, rows_per_shard: int) -> int:
    """Return the number of the shard to which a row of this name belongs in a stage of `num_rows` rows."""
    num_bits = max(0, (-(-num_rows // rows_per_shard) - 1).bit_length())
    return _leading_bits(name, num_bits)


def _leading_bits(name: str, num_bits: int) -> int:
    head = hashlib.sha256(name.encode()).digest()[: _BITS // 8]
    return int.from_bytes(head, "big") >> (_BITS - num_bits)
