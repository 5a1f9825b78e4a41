"""Stages whose rows follow each other in their sources: a worker reads a film once, forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from tasks.stages.stage import RowPlan


@runtime_checkable
class ReadInOrder(Protocol):
    """A stage whose rows are made in the order in which they lie in their sources.

    Rows of one source lie in shards that follow each other, and are made in that order.
    """

    @property
    def most_rows_per_shard(self) -> int:
        """Most rows of a shard, however many the configuration allows: their bytes are held in memory."""
        ...

    def place(self, plan: RowPlan) -> tuple[str, int]:
        """Return the source of a row, and a number that rises along the source."""
        ...
