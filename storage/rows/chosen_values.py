"""Read some of the packed values of a row, and no other bytes of it."""

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise

from shls_core.errors import ObjectCorrupted
from storage.canonical import short
from storage.rows.packed_values import PayloadReader
from storage.rows.shard_encoding import ROW_GROUP_ROWS
from storage.rows.shards import damage_named

_PREFIX_BYTES = 4
"""Of the length before every value, as in `storage.rows.packed_values`."""


class ChosenValuesReader(PayloadReader):
    """Reads chosen values of lists of packed values: the frames of a clip that are drawn, for example.

    Values that lie side by side are read together. (A module of its own, because `PayloadReader` is part of
    what decides the checkpoints of sequences.)
    """

    def chosen(
        self, digest: str, column: str, index: int, numbers: Sequence[int], count: int
    ) -> list[memoryview]:
        """Return some values of a list column in row `index` of the shard `digest`.

        Parameters
        ----------
        digest, column, index
            As for `values`.
        numbers
            Which values, ascending, each once.
        count
            How many the row has.

        Raises
        ------
        ObjectMissing
        ObjectCorrupted
            If the row has another number of values, a page does not match its checksum, or the layout is not
            that of the format.
        """
        ends = self._ends(digest, column, index)
        if len(ends) - 1 != count:
            raise ObjectCorrupted(
                f"expected {count} {column} in row {index} of shard {short(digest)}…, got {len(ends) - 1}"
            )
        found: list[memoryview] = []
        for first, last in _runs(numbers):
            start = ends[first]
            data = memoryview(self._bytes(digest, start, ends[last + 1] - start))
            for number in range(first, last + 1):
                stored = data[ends[number] - start : ends[number + 1] - start]
                value = stored[_PREFIX_BYTES:]
                if int.from_bytes(stored[:_PREFIX_BYTES], "little") != len(value):
                    raise ObjectCorrupted(
                        f"shard {short(digest)}… is not one page of plain values ({column})"
                    )
                found.append(value)
        return found

    def _ends(self, digest: str, column: str, index: int) -> list[int]:
        """Return where the first value of a row starts, and where each value ends."""
        if self._process != os.getpid():
            self._forget()  # a lock that was held during the fork stays locked
        group, row = divmod(index, ROW_GROUP_ROWS)
        places = self._places.get((digest, column, group)) or self._find_places(digest, column, group)
        first, last = places.first_value[row : row + 2]
        return [int(end) for end in places.ends[first : last + 1]]

    def _bytes(self, digest: str, start: int, length: int) -> bytes:
        with damage_named(self._objects, digest):
            return self._file(digest)[0].read_range(start, length)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of every run of consecutive numbers."""
    borders = [place for place, (one, next_one) in enumerate(pairwise(numbers), 1) if next_one != one + 1]
    for first, last in pairwise((0, *borders, len(numbers))):
        yield numbers[first], numbers[last - 1]
