"""Check the sealed segments of a table against the rows that its log gives.

Everyday commands read segments; audits and `verify` read the log. So a segment with other rows, and rows that
the log has lost since they were sealed, are both found here: the two copies witness each other.
"""

from collections.abc import Iterator, Sequence

from storage.files.failures import store_errors
from storage.tables import naming_chain
from storage.tables.append_only import Row
from storage.tables.sealed import Segment, SegmentDamaged, Segments, segments_in
from storage.verification.problems import LEDGER, Problem

_CHAINS = {"names": naming_chain.chain}
"""The digests over the first 0, 1, 2, … rows of the tables whose segments keep one."""


def segment_problems(segments: Segments | None, table: str, logged: Sequence[Row]) -> list[Problem]:
    """Return the problems of the segments of a table of the ledger, each with its file.

    Parameters
    ----------
    segments
        The segments of the table; None for one that was never written.
    table
        ``runs`` or ``names``.
    logged
        Its rows by the log, read before.
    """
    where = f"ledger/{table}"
    if segments is None:
        return []
    segments = Segments(segments.files, segments.schema)  # read now, whatever was read before
    digests = _CHAINS[table](logged) if table in _CHAINS else None
    with store_errors(f"expected to read {where} of the store"):
        return [
            Problem(LEDGER, f"{where}/{segment.path}", f"the table {table}", fault)
            for segment in segments_in(segments.files)
            for fault in _faults(segments, segment, logged, digests)
        ]


def _faults(
    segments: Segments, segment: Segment, logged: Sequence[Row], digests: Sequence[str] | None
) -> Iterator[str]:
    try:
        content = segments.content(segment)
    except SegmentDamaged as damage:
        yield f"the segment is damaged: {damage}; remove that file: the log has its rows"
        return
    rows = content.table.to_pylist()
    if len(logged) < segment.last:
        yield f"rows {segment.first} to {segment.last} were sealed, and the log has {len(logged)} rows"
    elif rows != list(logged[segment.first - 1 : segment.last]):
        yield f"rows {segment.first} to {segment.last} are not those of the log"
    elif content.folded != (digests[segment.last] if digests else None):
        yield f"the digest over the rows up to {segment.last} is not that of the log"
