"""Rows that exist already in other shards: they are copied instead of made."""

from __future__ import annotations

from collections.abc import Mapping

from shls_core.errors import ObjectMissing
from storage.records.tombstones import ERASED, Erased
from storage.rows.shards import read_columns_of_all
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.planning.shard_job import KnownRow

_MANIFESTS_SEARCHED = 8


def known_rows(store: Store, stage: str, wanted: set[str]) -> dict[str, KnownRow]:
    """Look for rows by key in the last few artifacts of a stage, newest first, until all are found.

    The remaining rows of a shard that was erased on request are found in its redacted copy.
    """
    known: dict[str, KnownRow] = {}
    searched: set[str] = set()
    erased = store.erased() if wanted else {}
    for artifact_id in store.keys.recent(stage, _MANIFESTS_SEARCHED) if wanted else ():
        if len(known) == len(wanted):
            break
        try:
            shards = StageArtifact(store.objects, artifact_id).manifest.shards
            digests = [_readable_shard(store, shard.digest, erased) for shard in shards]
            digests = [digest for digest in digests if digest not in searched]
            tables = read_columns_of_all(store.objects, digests, ["row_key", "rejected"])
            for digest, table in zip(digests, tables, strict=True):
                searched.add(digest)
                keys, reasons = (table[column].to_pylist() for column in ("row_key", "rejected"))
                for index, (key, reason) in enumerate(zip(keys, reasons, strict=True)):
                    if key in wanted and reason != ERASED:
                        known.setdefault(key, KnownRow(digest, index))
        except ObjectMissing:  # removed from the store since: its rows are made again
            continue
    return known


def _readable_shard(store: Store, shard: str, erased: Mapping[str, Erased]) -> str:
    """Return the digest of a shard, or of its redacted copy, if it was erased and was not made again."""
    if shard not in erased or store.objects.exists(shard):
        return shard
    return erased[shard].redacted or shard
