"""The plan of one stage: its rows, keyed and grouped into shards, and which of them exist already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from shls_core.errors import ObjectMissing
from shls_core.files.skipped_counts import SkippedFiles, in_manifest
from storage.canonical import digest_json
from storage.files.readers import SHARD_READERS
from storage.kinds import shards_key
from storage.records.manifests import SCHEMA_VERSION, ShardRef, StageManifest, get_record
from storage.records.tombstones import ERASED, Erased
from storage.rows.shards import read_columns_of_all, shard_ref
from storage.rows.source_kinds import plurals_of
from storage.rows.stage_artifact import AcceptedRows, StageArtifact
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal
from tasks.planning.left_out import without_withdrawn
from tasks.planning.making import Making
from tasks.planning.shard_assignment import shards_of_stage
from tasks.planning.shard_job import KeyedRow, KnownRow, ShardJob
from tasks.planning.sources.listing import LOOKING_ONLY, Reading, list_sources
from tasks.planning.sources.places import Written
from tasks.stages.counted_sources import CountingStage, counts_of
from tasks.stages.sources import Sources
from tasks.stages.stage import RowPlan, Stage

_MANIFESTS_SEARCHED = 8

ShardStatus = Literal["fresh", "copied", "partial", "new"]


@dataclass(frozen=True)
class PlannedShard:
    """A shard that is wanted."""

    key: str
    """Digest of the keys of its rows."""
    rows: Sequence[KeyedRow]
    """By sample id; in a stale shard, a row that can be copied has the place to copy it from."""
    ref: ShardRef | None
    """The shard itself, if it is in the store."""

    @property
    def rows_to_compute(self) -> int:
        """Rows that do not exist yet."""
        return 0 if self.ref else sum(row.known is None for row in self.rows)

    @property
    def rows_to_copy(self) -> int:
        """Rows that exist in other shards."""
        return 0 if self.ref else sum(row.known is not None for row in self.rows)

    @property
    def status(self) -> ShardStatus:
        """``fresh``: it exists. ``copied``, ``partial``, ``new``: all, some, none of its rows exist."""
        if self.ref:
            return "fresh"
        if not self.rows_to_compute:
            return "copied"
        return "partial" if self.rows_to_copy else "new"


@dataclass(frozen=True)
class WantedRows:
    """The rows that a stage is to have, whether they exist or not.

    To know those of a stage of sources, every file has to be hashed that the store's index does not know:
    this is done once for each build.
    """

    rows: tuple[RowPlan, ...]
    left_out: Mapping[str, Withdrawal] = field(default_factory=dict)
    """Sources of which no row is wanted because they were withdrawn, by source id."""
    skipped: tuple[SkippedFiles, ...] = ()
    """What lies among the sources and is not used."""
    objects: Mapping[str, Written] = field(default_factory=dict)
    """What lies in a bucket, by address."""
    files_read: int | None = None
    """Files of sources that were read to know the rows; None where there is no index of them."""
    files_unchanged: int | None = None
    """Files that were not read, because they are unchanged since an earlier build."""


@dataclass(frozen=True)
class StagePlan:
    """The shards that a stage is to have, and which of them exist."""

    stage: Stage
    making: Making
    wanted: WantedRows
    shards: tuple[PlannedShard, ...]

    @property
    def left_out(self) -> Mapping[str, Withdrawal]:
        """Sources of which no row is planned because they were withdrawn, by source id."""
        return self.wanted.left_out

    @cached_property
    def key(self) -> str:
        """Digest of the keys of all shards."""
        return digest_json([shard.key for shard in self.shards])

    @property
    def stale(self) -> tuple[PlannedShard, ...]:
        """The shards that have to be made."""
        return tuple(shard for shard in self.shards if shard.ref is None)

    @property
    def num_rows(self) -> int:
        """All rows, rejected ones included."""
        return sum(len(shard.rows) for shard in self.shards)

    @property
    def rows_to_compute(self) -> int:
        """Rows that do not exist yet."""
        return sum(shard.rows_to_compute for shard in self.shards)

    @property
    def rows_to_copy(self) -> int:
        """Rows of stale shards that exist in other shards."""
        return sum(shard.rows_to_copy for shard in self.shards)

    def jobs(self, location: str) -> list[ShardJob]:
        """Return the work on the stale shards of the store at `location`."""
        return [ShardJob(location, self.stage, shard.key, shard.rows) for shard in self.stale]


def wanted_rows(
    store: Store, stage: Stage, inputs: Mapping[str, AcceptedRows], reading: Reading = LOOKING_ONLY
) -> WantedRows:
    """Return the rows that a stage is to have.

    Parameters
    ----------
    store
        The store with the deny list, and the index of sources.
    stage
        The stage.
    inputs
        The rows of each stage that it reads, made or planned.
    reading
        How sources are read.
    """
    if stage.reads:  # only a stage without inputs reads sources; those left out there have no rows later
        planned = stage.planned(inputs) if isinstance(stage, CountingStage) else Sources(stage.plan(inputs))
        return WantedRows(tuple(planned.rows), {}, counts_of(planned))
    listed = list_sources(stage, store, reading)
    found = listed.sources
    rows, left_out = without_withdrawn(store, found.rows, plurals_of([stage.name]))
    listed.keep_index(plan for plan in found.rows if not left_out.keys().isdisjoint(plan.source_ids))
    files = (listed.files_read, listed.files_unchanged)
    return WantedRows(tuple(rows), left_out, counts_of(found), listed.objects, *files)


def plan_stage(
    store: Store,
    stage: Stage,
    wanted: WantedRows,
    rows_per_shard: int,
    is_whole: Callable[[str], bool],
) -> StagePlan:
    """Find which shards of a stage exist, and which rows of the others exist, and where.

    Parameters
    ----------
    store
        Where to look; nothing is written.
    stage
        The stage.
    wanted
        Its rows; see `wanted_rows`.
    rows_per_shard
        See `StagingConfig`.
    is_whole
        Whether an object exists and can be used, by its digest. A build hashes it; for a plan alone, it is
        enough that it exists.
    """
    making = Making.of(stage)
    rows = [keyed_row(plan, making.digest) for plan in wanted.rows]
    groups = shards_of_stage(stage, rows, rows_per_shard)
    keys = [digest_json([row.key for row in group]) for group in groups]
    with ThreadPoolExecutor(max_workers=SHARD_READERS) as readers:
        found = list(readers.map(lambda key: _found_shard(store, stage.name, key, is_whole), keys))
    shards = [PlannedShard(*shard) for shard in zip(keys, groups, found, strict=True)]
    known = _known_rows(
        store, stage.name, {row.key for shard in shards if not shard.ref for row in shard.rows}
    )
    placed = (
        shard if shard.ref else replace(shard, rows=[_placed(row, known) for row in shard.rows])
        for shard in shards
    )
    return StagePlan(stage, making, wanted, tuple(placed))


def made_artifact(
    store: Store, plan: StagePlan, contents: Mapping[str, str]
) -> tuple[str, StageManifest] | None:
    """Return the artifact that a plan leads to, if it is recorded already and all of its shards exist.

    Parameters
    ----------
    store
        Where to look.
    plan
        The plan.
    contents
        Content digest of each stage that is read.
    """
    known = None if plan.stale else store.keys.get(plan.stage.name, plan.key)
    if known is None:
        return None
    try:
        manifest = get_record(store.objects, known, StageManifest)
    except ObjectMissing:
        return None
    refs = tuple(shard.ref for shard in plan.shards)
    facts = {**plan.making.facts, "skipped": in_manifest(plan.wanted.skipped)}
    wanted = manifest.model_copy(update={**facts, "inputs": dict(contents), "shards": refs})
    return (known, manifest) if manifest == wanted else None


def keyed_row(plan: RowPlan, making: str) -> KeyedRow:
    """Key a row by everything that decides its bytes; of its inputs, by exactly the rows it reads."""
    read = [address.digest for address in plan.inputs]
    identity = [plan.sample_id, list(plan.source_ids), read, dict(plan.decided)]
    return KeyedRow(plan, digest_json([SCHEMA_VERSION, making, identity]))


def _placed(row: KeyedRow, known: Mapping[str, KnownRow]) -> KeyedRow:
    return replace(row, known=known.get(row.key))


def _found_shard(store: Store, stage: str, key: str, is_whole: Callable[[str], bool]) -> ShardRef | None:
    digest = store.keys.get(shards_key(stage), key)
    if digest is None or not is_whole(digest):
        return None
    return shard_ref(store.objects, digest)


def _known_rows(store: Store, stage: str, wanted: set[str]) -> dict[str, KnownRow]:
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
