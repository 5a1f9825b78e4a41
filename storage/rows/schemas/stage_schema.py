"""The schema of a stage: the head that every row has, and the stage's own columns.

Every row has the same head: its id, what made it, what it was made from, and why it was rejected, if it was.
A rejected row keeps its head and its notes and has no payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from storage.canonical import canonical_json, digest_parts

HEAD = (
    pa.field("sample_id", pa.string(), nullable=False),
    # Hash of stage, parameters, code, versions and the digests of the rows this row read.
    pa.field("row_key", pa.string(), nullable=False),
    # Hash of the content; null in a rejected row.
    pa.field("digest", pa.string()),
    # Sample ids, in the stages before, of the rows this row read.
    pa.field("parents", pa.list_(pa.string()), nullable=False),
    # The sources (photographs) this row descends from.
    pa.field("source_ids", pa.list_(pa.string()), nullable=False),
    pa.field("rejected", pa.string()),
)

BYTES_PER_FRAME = pa.list_(pa.binary())


@dataclass(frozen=True)
class StageSchema:
    """The columns of one stage, by purpose, and the stages whose rows its rows are made from.

    Attributes
    ----------
    reads
        Names of the stages whose rows may be parents of a row; none for a stage of sources.
    content
        The content of a row: the columns that its digest covers. Later stages may read these only.
    notes
        Information for people; no row of a later stage is made from them.
    statistics
        Numbers about the content, for the validation gate.
    head
        The columns that rows of every stage have.
    """

    reads: tuple[str, ...]
    content: tuple[pa.Field, ...]
    notes: tuple[pa.Field, ...] = ()
    statistics: tuple[pa.Field, ...] = ()
    head: tuple[pa.Field, ...] = HEAD

    @property
    def arrow(self) -> pa.Schema:
        """The schema of the stage's shards."""
        return pa.schema([*self.head, *self.content, *self.notes, *self.statistics])

    def content_digest(self, row: Mapping[str, Any]) -> str:
        """Return the digest of a row's content columns."""
        return digest_parts(part for field in self.content for part in _spelled(row[field.name]))


def _spelled(value: Any) -> list[bytes]:
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [str(len(value)).encode(), *value]
    return [canonical_json(value)]
