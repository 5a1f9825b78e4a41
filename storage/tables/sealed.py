"""Sealed segments: the rows of an append-only table, 64 in a file, so that a table is read by few files.

A segment is a copy. The Delta log stays the table: audits and `verify` read it, every commit of it, and
compare each segment with the rows that it copies. A segment is named by the numbers of its rows and by the
SHA-256 of its bytes, so a damaged one is noticed when it is read; then, and where segments are missing, the
log is read instead. Only an append seals, and only rows that the log gave.

Its metadata holds a digest over all rows up to its last, if the table has one: see `AppendOnlyTable`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple, overload

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore as Backend

from storage.canonical import digest_bytes
from storage.files.readers import READERS
from storage.files.reading import LARGEST_FILE, read
from storage.files.writing import write_new
from storage.tables.log_tail import encoded, with_columns

ROWS = 64
"""Rows of a segment: an append reads 64 rows of the log at most, and a table of 10,000 rows is 156 files."""
FOLDER = "_sealed"
_PATH = re.compile(rf"{FOLDER}/([0-9]{{20}})-([0-9]{{20}})-([0-9a-f]{{64}})\.parquet")
_FOLDED = b"shls.folded"

Row = Mapping[str, Any]


class SegmentDamaged(Exception):
    """A segment is not what its name says: the log has its rows."""


class Segment(NamedTuple):
    """A segment by its path: the numbers of its first and last row, and the digest of its bytes."""

    first: int
    last: int
    digest: str

    @property
    def path(self) -> str:
        """Its path inside the table."""
        return f"{FOLDER}/{self.first:020d}-{self.last:020d}-{self.digest}.parquet"


@dataclass(frozen=True)
class Content:
    """The rows of a segment, and what the digest over all rows up to its last is."""

    table: pa.Table
    columns: tuple[str, ...]
    """The columns that the table had when it was sealed."""
    folded: str | None


@dataclass
class Segments:
    """The segments of one table, each read once."""

    files: Backend
    schema: pa.Schema
    _read: dict[Segment, Content] = field(default_factory=dict)

    def listed(self) -> list[Segment]:
        """Return the segments from row 1 on, without a gap; of two with the same rows, one."""
        usable: list[Segment] = []
        for segment in segments_in(self.files):
            if segment.first == (usable[-1].last if usable else 0) + 1:
                usable.append(segment)
        return usable

    def content(self, segment: Segment) -> Content:
        """Return what a segment holds.

        Raises
        ------
        SegmentDamaged
            If its bytes do not hash to its name, or it holds other rows than its name says.
        OSError, obstore.exceptions.BaseError
        """
        if segment not in self._read:
            self._read[segment] = self._content(segment)
        return self._read[segment]

    def rows(self, segments: Sequence[Segment]) -> list[dict[str, Any]]:
        """Return the rows of some segments."""
        with ThreadPoolExecutor(READERS) as readers:
            tables = [content.table for content in readers.map(self.content, segments)]
        none = pa.Table.from_batches([], schema=self.schema)
        rows: list[dict[str, Any]] = pa.concat_tables([none, *tables]).to_pylist()
        return rows

    def seal(self, rows: Sequence[Row], folded: str | None) -> None:
        """Write a segment; `rows` follow the last segment."""
        schema = self.schema.with_metadata({_FOLDED: folded.encode()} if folded else None)
        data = encoded(list(rows), schema)
        segment = Segment(rows[0]["number"], rows[-1]["number"], digest_bytes(data))
        write_new(self.files, segment.path, data)

    def has_all_columns(self, segment: Segment) -> bool:
        """Return whether the table had every column of the schema when a segment was sealed."""
        try:
            return self.content(segment).columns == tuple(self.schema.names)
        except SegmentDamaged:
            return False

    def _content(self, segment: Segment) -> Content:
        try:
            data = pa.BufferReader(self._bytes(segment))
            table = pq.ParquetFile(data, page_checksum_verification=True).read(use_threads=False)
            folded = (table.schema.metadata or {}).get(_FOLDED)
            columns = tuple(table.column_names)
            numbers = table["number"].to_pylist()
            table = with_columns(table, self.schema)
        except (pa.ArrowException, KeyError) as error:
            raise SegmentDamaged(" ".join(str(error).split())) from error
        if numbers != list(range(segment.first, segment.last + 1)):
            raise SegmentDamaged("it holds other rows than its name says")
        return Content(table, columns, folded.decode() if folded else None)

    def _bytes(self, segment: Segment) -> bytes:
        data = read(self.files, segment.path, LARGEST_FILE)
        if digest_bytes(data) != segment.digest:
            raise SegmentDamaged("its bytes do not hash to its name")
        return data


def segments_in(files: Backend) -> list[Segment]:
    """Return every segment of a table, by the number of its first row."""
    paths = (str(entry["path"]) for entry in obstore.list(files, prefix=FOLDER).collect())
    found = (_PATH.fullmatch(path) for path in paths)
    return sorted(Segment(int(one[1]), int(one[2]), one[3]) for one in found if one)


class SealedRows(Sequence[dict[str, Any]]):
    """All rows of a table: those of segments, read when they are asked for, then those of the log's tail."""

    def __init__(
        self,
        segments: Segments | None,
        sealed: Sequence[Segment],
        tail: Sequence[dict[str, Any]],
        log: Callable[[], list[dict[str, Any]]],
    ) -> None:
        self._segments = segments
        self._sealed = sealed
        self._tail = tail
        self._log = log
        """Reads all rows from the log: of damaged segments, the log has the rows."""

    @property
    def num_sealed(self) -> int:
        """Number of rows in segments."""
        return self._sealed[-1].last if self._sealed else 0

    @property
    def tail(self) -> Sequence[dict[str, Any]]:
        """The rows after the last segment."""
        return self._tail

    def folded(self, step: Callable[[str, Row], str], first: str) -> str:
        """Return the digest over all rows, from that of the last segment on."""
        return reduce(step, self._tail, self.folded_until_tail(step, first))

    def folded_until_tail(self, step: Callable[[str, Row], str], first: str) -> str:
        """Return the digest over the rows in segments."""
        if not self._sealed:
            return first
        content = self._content(self._sealed[-1])
        if content is not None and content.folded is not None:
            return content.folded
        return reduce(step, self._sealed_rows(), first)

    def __len__(self) -> int:
        return self.num_sealed + len(self._tail)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from self._sealed_rows()
        yield from self._tail

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(place, slice):
            return list(self)[place]
        number = range(len(self))[place] + 1
        if number > self.num_sealed:
            return self._tail[number - 1 - self.num_sealed]
        segment = next(one for one in self._sealed if one.first <= number <= one.last)
        content = self._content(segment)
        if content is None:
            return self._sealed_rows()[number - 1]
        row: dict[str, Any] = content.table.slice(number - segment.first, 1).to_pylist()[0]
        return row

    def _content(self, segment: Segment) -> Content | None:
        """Return what a segment holds; None if it is damaged."""
        assert self._segments is not None
        try:
            return self._segments.content(segment)
        except SegmentDamaged:
            return None

    def _sealed_rows(self) -> list[dict[str, Any]]:
        if self._segments is None or not self._sealed:
            return []
        try:
            return self._segments.rows(self._sealed)
        except SegmentDamaged:
            return self._log()[: self.num_sealed]
