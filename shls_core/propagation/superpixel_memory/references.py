"""Short-term memory: the references of all classes in one table that is written in place."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.search import nearest_references
from shls_core.propagation.superpixel_memory.similarities import NO_REFERENCE

Members = Float[Tensor, "_ S"]


class References:
    """The references of every class, stored for an exact search.

    Each class owns a segment of consecutive rows: its members of the first frame, then a ring of later ones.
    New members are written in place. A full segment grows to twice its size, until the ring has as many rows
    as the class may hold; then the oldest rows are overwritten.

    Parameters
    ----------
    first : sequence of Float[Tensor, "M S"]
        Members of every class in its first frame, M >= 1.
    later : sequence of Float[Tensor, "M S"]
        Those of later frames, oldest first; if there are more than a ring holds, the newest are taken.
    config : MemoryConfig
    """

    def __init__(self, first: Sequence[Members], later: Sequence[Members], config: MemoryConfig) -> None:
        self._config = config
        self._num_first = [len(members) for members in first]
        self._ring = ring_sizes(self._num_first, config)
        later = [
            members[max(len(members) - ring, 0) :] for members, ring in zip(later, self._ring, strict=True)
        ]
        self._num_later = [len(members) for members in later]
        self._oldest = [0] * len(first)
        self._table = torch.cat([part for both in zip(first, later, strict=True) for part in both])
        self._capacity = [a + b for a, b in zip(self._num_first, self._num_later, strict=True)]

    def __len__(self) -> int:
        """Count the references of all classes."""
        return sum(self._num_first) + sum(self._num_later)

    def first(self, column: int) -> Members:
        """Return the members of a class in its first frame."""
        start = self._start(column)
        return self._table[start : start + self._num_first[column]]

    def later(self, column: int) -> Members:
        """Return the members of a class from later frames, oldest first."""
        start = self._start(column) + self._num_first[column]
        return self._table[start : start + self._num_later[column]].roll(-self._oldest[column], dims=0)

    def remember(self, members: Members, columns: Int64[Tensor, " M"]) -> None:
        """Add members; those to be forgotten first come first.

        Parameters
        ----------
        members : Float[Tensor, "M S"]
        columns : Int64[Tensor, "M"]
            Class of each.
        """
        coming = torch.bincount(columns, minlength=len(self._ring)).tolist()
        self._make_room(coming)
        by_class = columns.argsort(stable=True)
        rows = torch.cat(
            [self._rows_for(column, count, members.device) for column, count in enumerate(coming)]
        )
        # Rows of members that do not fit even an empty ring are negative.
        self._table[rows[rows >= 0]] = members[by_class[rows >= 0]].to(self._table.dtype)

    def similarities(self, queries: Float[Tensor, "R S"]) -> Float[Tensor, "R classes neighbours"]:
        """Return the similarities of queries to their nearest references of every class, in descending order.

        The search returns the rows; the similarities are products with these rows of the table, with
        gradients to both.
        """
        wanted = self._config.neighbours
        found = [
            nearest_references(queries, segment, wanted, self._config.search) for segment in self._segments()
        ]
        similarities = [
            torch.nn.functional.pad(
                torch.einsum("rs,rns->rn", queries, segment[rows]),
                (0, wanted - rows.shape[1]),
                value=NO_REFERENCE,
            )
            for segment, rows in zip(self._segments(), found, strict=True)
        ]
        return torch.stack(similarities, dim=1)

    def _start(self, column: int) -> int:
        return sum(self._capacity[:column])

    def _segments(self) -> list[Members]:
        starts = [self._start(column) for column in range(len(self._ring))]
        counts = [a + b for a, b in zip(self._num_first, self._num_later, strict=True)]
        return [self._table[start : start + count] for start, count in zip(starts, counts, strict=True)]

    def _rows_for(self, column: int, count: int, device: torch.device) -> Int64[Tensor, " count"]:
        """Return the rows for the next `count` members of a class, and advance the ring."""
        ring, held = self._ring[column], self._num_later[column]
        if not count:
            return torch.empty(0, dtype=torch.int64, device=device)
        lost = max(count - ring, 0)
        kept = count - lost
        at = held if held < ring else self._oldest[column]
        slots = (at + torch.arange(kept, device=device)) % max(ring, 1)
        self._num_later[column] = min(held + kept, ring)
        if held + kept > ring:
            self._oldest[column] = (at + kept) % ring
        rows = self._start(column) + self._num_first[column] + slots
        return torch.nn.functional.pad(rows, (lost, 0), value=-1)

    def _make_room(self, coming: list[int]) -> None:
        limits = [first + ring for first, ring in zip(self._num_first, self._ring, strict=True)]
        held = [first + later for first, later in zip(self._num_first, self._num_later, strict=True)]
        needed = [min(a + b, limit) for a, b, limit in zip(held, coming, limits, strict=True)]
        if all(n <= c for n, c in zip(needed, self._capacity, strict=True)):
            return
        capacity = [
            c if n <= c else min(max(2 * c, n), limit)
            for n, c, limit in zip(needed, self._capacity, limits, strict=True)
        ]
        segments = self._segments()
        self._table = torch.cat(
            [
                torch.nn.functional.pad(segment, (0, 0, 0, rows - len(segment)))
                for segment, rows in zip(segments, capacity, strict=True)
            ]
        )
        self._capacity = capacity


def ring_sizes(num_first: Sequence[int], config: MemoryConfig) -> list[int]:
    """Return how many later references each class may hold.

    Examples
    --------
    >>> ring_sizes([300, 100], MemoryConfig(memory_size=1000)), ring_sizes([300, 100], MemoryConfig())
    ([750, 250], [2700, 900])
    """
    capped = [int(config.memory_cap * count) - count for count in num_first]
    if config.memory_size is None:
        return capped
    total = sum(num_first)
    shares = [config.memory_size * count // total for count in num_first]
    return [min(cap, share) for cap, share in zip(capped, shares, strict=True)]
