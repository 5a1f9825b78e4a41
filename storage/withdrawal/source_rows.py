"""Which rows of a shard descend from some photographs, and the shard without what those rows hold."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.files.object_reader import ObjectReader
from storage.objects.objects import ObjectStore
from storage.records.tombstones import ERASED
from storage.rows.schemas import SCHEMAS
from storage.rows.shard_encoding import encode_shard
from storage.rows.shards import damage_named, open_shard

_PARQUET = b"PAR1"
_READ = ("sample_id", "digest", "image_ids", "rejected")
_KEPT = ("sample_id", "row_key", "parents", "image_ids", "split")
"""What an erased row keeps: who it was, what it came from and on which side of the split it was, so that its
lineage can still be told: which training drew it goes by the numbers of the sequences on its side."""


@dataclass(frozen=True)
class HoldingShard:
    """A shard that holds rows of some photographs."""

    digest: str
    stage: str | None
    """None for one with columns that no stage has: another version wrote it."""
    num_bytes: int
    image_ids: tuple[str, ...]
    """Those of the photographs that it holds rows of."""
    rows: dict[str, str | None]
    """Content digest of these rows by sample id; None for a rejected one."""


def holding_shard(objects: ObjectStore, digest: str, image_ids: Collection[str]) -> HoldingShard | None:
    """Return what an object holds of some photographs; None for one that holds nothing of them.

    A row that was erased holds nothing.

    Raises
    ------
    ObjectMissing
    ObjectCorrupted
        If it is a shard and cannot be read: what it holds cannot be known.
    """
    with objects.open(digest) as reader, damage_named(objects, digest):
        if not _is_parquet(reader):
            return None
        file = open_shard(reader)
        if not set(_READ).issubset(file.schema_arrow.names):
            return None
        table = file.read(columns=list(_READ), use_threads=False)
        stages = (stage for stage, schema in SCHEMAS.items() if file.schema_arrow.equals(schema.arrow))
        size = reader.size
    table = table.filter(pc.field("rejected").is_null() | (pc.field("rejected") != ERASED))
    table = table.take(rows_of(table["image_ids"], image_ids))
    if not table.num_rows:
        return None
    held = set(pc.list_flatten(table["image_ids"]).to_pylist())
    return HoldingShard(
        digest=digest,
        stage=next(stages, None),
        num_bytes=size,
        image_ids=tuple(sorted(held.intersection(image_ids))),
        rows=dict(zip(table["sample_id"].to_pylist(), table["digest"].to_pylist(), strict=True)),
    )


def rows_of(images: pa.ChunkedArray, image_ids: Collection[str]) -> pa.Array:
    """Return the numbers of those rows of a column of image ids that name any of some photographs."""
    images = images.combine_chunks()
    wanted = pa.array(sorted(image_ids), pa.string())
    names_one = pc.is_in(pc.list_flatten(images), value_set=wanted)
    return pc.unique(pc.list_parent_indices(images).filter(names_one))


def redacted_shard(data: bytes, stage: str, rows: Collection[str]) -> bytes:
    """Return a shard without what some of its rows hold: its stand-in.

    Parameters
    ----------
    data
        The bytes of the shard.
    stage
        The stage it is of.
    rows
        Sample ids of the rows to be erased. The others are in the stand-in what and where they were.
    """
    table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
    return encode_shard(
        stage, [erased_row(row) if row["sample_id"] in rows else row for row in table.to_pylist()]
    )


def erased_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a shard without what it held."""
    return {**dict.fromkeys(row), **{name: row[name] for name in _KEPT if name in row}, "rejected": ERASED}


def _is_parquet(reader: ObjectReader) -> bool:
    """Return whether an object is a Parquet file by its first bytes or its last: one end may be damaged."""
    size = len(_PARQUET)
    if reader.size < size:
        return False
    return _PARQUET in (reader.read_range(reader.size - size, size), reader.read_range(0, size))
