"""Whether a shard holds what its stage's manifest says, and its rows what they say of themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.canonical import digest_bytes
from storage.schemas import INGEST, SCHEMAS
from storage.shards import ShardRef


class ShardDisagrees(Exception):
    """A shard, whole by its own hash, does not hold what was said of it."""


@dataclass(frozen=True)
class ShardRows:
    """What other records say of the accepted rows of a shard, computed from the rows."""

    digests: dict[str, str]
    """Content digest by sample id."""
    parents: frozenset[str]
    """Sample ids of the rows they read."""


def verified_rows(data: bytes, stage: str, ref: ShardRef) -> ShardRows:
    """Check every row of a shard, and what its manifest says of it.

    Parameters
    ----------
    data
        The bytes of the shard; they hash to its name.
    stage
        The stage whose manifest names it.
    ref
        What that manifest says of it.

    Raises
    ------
    ShardDisagrees
    """
    schema = SCHEMAS[stage]
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ShardDisagrees(f"it is not a shard: {' '.join(str(error).split())}") from error
    if not file.schema_arrow.equals(schema.arrow):
        raise ShardDisagrees(f"its columns are not those of {stage}")
    said = {"rows": ref.rows, "bytes": ref.bytes}
    found = {"rows": file.metadata.num_rows, "bytes": len(data)}
    if said != found:
        raise ShardDisagrees(f"the manifest says {said}, it holds {found}")

    digests: dict[str, str] = {}
    parents: set[str] = set()
    previous, rejected = "", 0
    for row in _rows(file):
        sample_id, digest = str(row["sample_id"]), row["digest"]
        if sample_id <= previous:
            raise ShardDisagrees(f"row {sample_id[:12]}… is not in its place, or there twice")
        previous = sample_id
        if (digest is None) == (row["rejected"] is None):
            raise ShardDisagrees(f"row {sample_id[:12]}… is neither accepted nor rejected, or both")
        if digest is None:
            rejected += 1
        elif (computed := schema.content_digest(row)) != digest:
            said_digest = f"row {sample_id[:12]}… says content {digest[:12]}…"
            raise ShardDisagrees(f"{said_digest}, its columns hash to {computed[:12]}…")
        elif stage == INGEST and (hashed := digest_bytes(row["image"])) != sample_id:
            raise ShardDisagrees(f"photograph {sample_id[:12]}… holds the bytes of {hashed[:12]}…")
        else:
            digests[sample_id] = digest
            parents.update(row["parents"])
    if rejected != ref.rejected:
        raise ShardDisagrees(f"the manifest says {ref.rejected} rejected rows, it holds {rejected}")
    return ShardRows(digests, frozenset(parents))


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard, a row group in memory at a time."""
    for group in range(file.num_row_groups):
        yield from file.read_row_group(group, use_threads=False).to_pylist()
