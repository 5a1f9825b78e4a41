"""Find the rows of a shard that descend from some photographs, and redact them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.files.object_reader import ObjectReader
from storage.objects.objects import ObjectStore
from storage.records.tombstones import ERASED
from storage.rows.schemas.version_2 import as_stored, renamed, stored_names
from storage.rows.shard_encoding import encode_shard
from storage.rows.shards import damage_named, open_shard
from storage.rows.stage_graph import stage_of

_PARQUET = b"PAR1"
_READ = ("sample_id", "digest", "source_ids", "rejected")
_KEPT = ("sample_id", "row_key", "parents", "source_ids", "split")
"""What an erased row keeps: its id, what it was made from, and its side of the split. So its lineage can
still be computed: which training drew it depends on the numbers of the samples on its side."""
_KEPT_OF_CLIPS = (*_KEPT, "num_frames")
"""A clip keeps its length, too: only clips that are long enough are numbered."""


@dataclass(frozen=True)
class HoldingShard:
    """A shard with rows of some photographs."""

    digest: str
    stage: str | None
    """None for one with columns that no stage has: another version wrote it."""
    num_bytes: int
    source_ids: tuple[str, ...]
    """Those of the photographs from which its rows descend."""
    rows: dict[str, str | None]
    """Content digest of these rows by sample id; None for a rejected one."""


def holding_shard(objects: ObjectStore, digest: str, source_ids: Collection[str]) -> HoldingShard | None:
    """Return the rows of some photographs in an object; None for an object without such rows.

    Rows that are already erased do not count.

    Raises
    ------
    ObjectMissing
    ObjectCorrupted
        If it is a shard and cannot be read: its content cannot be known.
    """
    with objects.open(digest) as reader, damage_named(objects, digest):
        if not _is_parquet(reader):
            return None
        file = open_shard(reader)
        read = stored_names(file.schema_arrow, _READ)
        if not set(read).issubset(file.schema_arrow.names):
            return None
        table = renamed(file.read(columns=read, use_threads=False), file.schema_arrow)
        stage = stage_of(file.schema_arrow)
        size = reader.size
    table = table.filter(pc.field("rejected").is_null() | (pc.field("rejected") != ERASED))
    table = table.take(rows_of(table["source_ids"], source_ids))
    if not table.num_rows:
        return None
    held = set(pc.list_flatten(table["source_ids"]).to_pylist())
    return HoldingShard(
        digest=digest,
        stage=stage,
        num_bytes=size,
        source_ids=tuple(sorted(held.intersection(source_ids))),
        rows=dict(zip(table["sample_id"].to_pylist(), table["digest"].to_pylist(), strict=True)),
    )


def rows_of(images: pa.ChunkedArray, source_ids: Collection[str]) -> pa.Array:
    """Return the numbers of the rows in a column of image ids that name any of some photographs."""
    images = images.combine_chunks()
    wanted = pa.array(sorted(source_ids), pa.string())
    names_one = pc.is_in(pc.list_flatten(images), value_set=wanted)
    return pc.unique(pc.list_parent_indices(images).filter(names_one))


def redacted_shard(data: bytes, rows: Collection[str]) -> bytes:
    """Return the stand-in of a shard: its columns and rows, without the content of some rows.

    Parameters
    ----------
    data
        The bytes of the shard.
    rows
        Sample ids of the rows to be erased. The others keep their content and their position.
    """
    stored = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
    left = (
        erased_row(row) if row["sample_id"] in rows else row
        for row in renamed(stored, stored.schema).to_pylist()
    )
    return encode_shard(stored.schema, [as_stored(row, stored.schema) for row in left])


def erased_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a shard without its content."""
    kept = _KEPT_OF_CLIPS if "video_id" in row else _KEPT  # no other row names a video
    return {**dict.fromkeys(row), **{name: row[name] for name in kept if name in row}, "rejected": ERASED}


def _is_parquet(reader: ObjectReader) -> bool:
    """Return whether an object is a Parquet file by its first bytes or its last: one end may be damaged."""
    size = len(_PARQUET)
    if reader.size < size:
        return False
    return _PARQUET in (reader.read_range(reader.size - size, size), reader.read_range(0, size))
