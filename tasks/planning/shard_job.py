"""What a worker gets to make one shard: rows by key, and the places of those that exist already."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.stages.stage import RowPlan, Stage


@dataclass(frozen=True, slots=True)
class KnownRow:
    """The place of an existing row with the same key."""

    shard: str
    index: int


@dataclass(frozen=True, slots=True)
class KeyedRow:
    """A row to make, its key, and where it can be copied from, if it was made before."""

    plan: RowPlan
    key: str
    known: KnownRow | None = None


@dataclass(frozen=True, slots=True)
class ShardJob:
    """All that a worker needs to make one shard: references, never arrays."""

    store: str
    stage: Stage
    shard_key: str
    rows: Sequence[KeyedRow]

    @property
    def rows_to_compute(self) -> int:
        """Rows that cannot be copied."""
        return sum(row.known is None for row in self.rows)
