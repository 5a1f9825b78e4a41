"""Check that a shard agrees with its stage's manifest, and its rows with their own digests."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.canonical import short
from storage.records.manifests import ShardRef
from storage.records.tombstones import ERASED
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.schemas.version_2 import renamed
from storage.rows.shard_bounds import check_bounds
from storage.rows.stage_graph import schemas_ever
from storage.verification.row_identity import misnamed
from storage.withdrawal.source_rows import erased_row

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ShardDisagrees(Exception):
    """A shard that matches its own hash does not agree with what other records state about it."""


@dataclass(frozen=True)
class ShardRows:
    """What other records state about the accepted rows of a shard, computed from the rows."""

    digests: dict[str, str]
    """Content digest by sample id."""
    parents: frozenset[str]
    """Sample ids of the rows they read."""


def verified_rows(
    data: bytes, stage: str, ref: ShardRef, erased: Mapping[str, str | None] | None = None
) -> ShardRows:
    """Check every row of a shard, and what its manifest states about it.

    Parameters
    ----------
    data
        The bytes of the shard; they hash to its name.
    stage
        The stage whose manifest names it.
    ref
        The reference to the shard in that manifest.
    erased
        For a stand-in, the content digests of the erased rows in its tombstone, by sample id.

    Raises
    ------
    ShardDisagrees
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise ShardDisagrees(f"it is not a shard: {' '.join(str(error).split())}") from error
    schema = next((one for one in schemas_ever(stage) if file.schema_arrow.equals(one.arrow)), None)
    if schema is None:
        raise ShardDisagrees(f"its columns are not those of {stage}")
    stated = {"rows": ref.rows, "bytes": ref.bytes}
    found = {"rows": file.metadata.num_rows, "bytes": len(data)}
    if erased is not None:  # a stand-in has other bytes
        stated["bytes"] = found["bytes"]
    if stated != found:
        raise ShardDisagrees(f"the manifest says {stated}, it holds {found}")

    try:
        check_bounds(file.metadata, len(data))
    except pa.ArrowException as error:
        raise ShardDisagrees(f"it is not a shard: {error}") from error
    digests: dict[str, str] = {}
    parents: set[str] = set()
    previous, rejected, num_erased = "", 0, 0
    for row in _rows(file):
        sample_id = str(row["sample_id"])
        if not_digests := [name for name in _ids_of(row) if not _DIGEST.fullmatch(name)]:
            raise ShardDisagrees(f"it names {not_digests[0][:80]!r} where an id of 64 digits has to be")
        if sample_id <= previous:
            raise ShardDisagrees(f"row {short(sample_id)}… is not in its place, or there twice")
        previous = sample_id
        num_erased += row["rejected"] == ERASED
        digest = _digest_before(row, erased or {}) if row["rejected"] == ERASED else _digest(row, schema)
        if wrong := misnamed(stage, row):
            raise ShardDisagrees(wrong)
        if digest is None:
            rejected += 1
        else:
            digests[sample_id] = digest
            parents.update(row["parents"])
    if rejected != ref.rejected:
        raise ShardDisagrees(f"the manifest says {ref.rejected} rejected rows, it holds {rejected}")
    if num_erased != len(erased or ()):
        raise ShardDisagrees(f"its tombstone says {len(erased or ())} erased rows, it holds {num_erased}")
    return ShardRows(digests, frozenset(parents))


def _ids_of(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield every id in the head of a row: others make names of files from them."""
    yield from map(str, (row["sample_id"], row["row_key"], *row["parents"], *row["source_ids"]))
    if row["digest"] is not None:
        yield str(row["digest"])


def _digest(row: Mapping[str, Any], schema: StageSchema) -> str | None:
    """Return the content digest of a row, computed again; None for a rejected one."""
    name, digest = f"row {short(row['sample_id'])}…", row["digest"]
    if (digest is None) == (row["rejected"] is None):
        raise ShardDisagrees(f"{name} is neither accepted nor rejected, or both")
    if digest is None:
        return None
    try:
        computed = schema.content_digest(row)
    except ValueError as error:  # a number that is not finite
        raise ShardDisagrees(f"{name} holds what no row can: {error}") from error
    if computed != digest:
        raise ShardDisagrees(f"{name} says content {short(digest)}…, its columns hash to {short(computed)}…")
    return computed


def _digest_before(row: Mapping[str, Any], erased: Mapping[str, str | None]) -> str | None:
    """Return the content digest that a row had before it was erased; None for a rejected one."""
    name = f"row {short(row['sample_id'])}…"
    if row["sample_id"] not in erased:
        raise ShardDisagrees(f"{name} was erased, and no tombstone says so")
    if row != erased_row(row):
        raise ShardDisagrees(f"{name} was erased, and still holds something")
    return erased[row["sample_id"]]


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard, with one row group in memory at a time."""
    for group in range(file.num_row_groups):
        try:
            table = file.read_row_group(group, use_threads=False)
            rows = renamed(table, file.schema_arrow).to_pylist()
        except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError) as error:
            raise ShardDisagrees(f"its rows cannot be read: {' '.join(str(error).split())}") from error
        yield from rows
