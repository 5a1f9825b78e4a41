"""Which shard a row belongs to: a pure function of the rows that are present.

So removing a photograph and adding it again gives the same shards and ids as before.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from tasks.planning.shard_job import KeyedRow

Row = TypeVar("Row", bound=KeyedRow)
_BITS = 32


def assign_to_shards(rows: Sequence[KeyedRow], rows_per_shard: int) -> list[list[KeyedRow]]:
    """Return the rows of every shard, shards in order, rows by sample id; no shard is empty.

    The number of shards is the smallest power of two that is at least ``len(rows) / rows_per_shard``; the
    leading bits of the hash of a row's sample id choose its shard.
    """
    shards: dict[int, list[KeyedRow]] = {}
    for row in sorted(rows, key=lambda row: row.plan.sample_id):
        shards.setdefault(shard_number(row.plan.sample_id, len(rows), rows_per_shard), []).append(row)
    return [shards[number] for number in sorted(shards)]


def shard_number(sample_id: str, num_rows: int, rows_per_shard: int) -> int:
    """Return the number of the shard to which a row belongs in a stage of `num_rows` rows."""
    num_bits = max(0, (-(-num_rows // rows_per_shard) - 1).bit_length())
    return _leading_bits(sample_id, num_bits)


def _leading_bits(sample_id: str, num_bits: int) -> int:
    head = hashlib.sha256(sample_id.encode()).digest()[: _BITS // 8]
    return int.from_bytes(head, "big") >> (_BITS - num_bits)
