"""The plan of one stage: its rows, keyed and grouped into shards, and which of them exist already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from shls_core.errors import ObjectMissing
from shls_core.files.skipped_counts import SkippedFiles, in_manifest
from storage.canonical import digest_json
from storage.files.readers import SHARD_READERS
from storage.kinds import shards_key
from storage.records.manifests import ShardRef, StageManifest, get_record
from storage.rows.shards import shard_ref
from storage.rows.source_kinds import plurals_of
from storage.rows.stage_artifact import AcceptedRows
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal
from tasks.planning.known_rows import known_rows
from tasks.planning.left_out import without_withdrawn
from tasks.planning.making import Making
from tasks.planning.packed_plans import KeyedPlans, PackedPlans, ShardRows, keyed_row, packed
from tasks.planning.planned_in_parts import planned_rows_of
from tasks.planning.shard_assignment import places_by_shard, shards_of_stage
from tasks.planning.shard_job import KeyedRow, KnownRow, ShardJob
from tasks.planning.sources.listing import LOOKING_ONLY, Reading, list_sources
from tasks.planning.sources.places import Written
from tasks.stages.counted_sources import CountingStage, counts_of
from tasks.stages.reading_order import ReadInOrder
from tasks.stages.stage import RowPlan, Stage

_FEW_SHARDS = 8

ShardStatus = Literal["fresh", "copied", "partial", "new"]


@dataclass(frozen=True)
class PlannedShard:
    """A shard that is wanted."""

    key: str | None
    """Digest of the keys of its rows; None in an artifact that was found as a whole."""
    rows: Sequence[KeyedRow]
    """By sample id; in a stale shard, a row that can be copied has the place to copy it from."""
    ref: ShardRef | None
    """The shard itself, if it is in the store."""

    @property
    def rows_to_compute(self) -> int:
        """Rows that do not exist yet."""
        return 0 if self.ref else len(self.rows) - self._num_known

    @property
    def rows_to_copy(self) -> int:
        """Rows that exist in other shards."""
        return 0 if self.ref else self._num_known

    @property
    def _num_known(self) -> int:
        rows = self.rows
        return rows.num_known if isinstance(rows, ShardRows) else sum(row.known is not None for row in rows)

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

    rows: Sequence[RowPlan]
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
    artifact: tuple[str, StageManifest] | None = None
    """The artifact that was found as a whole, without a look at its rows."""

    @property
    def left_out(self) -> Mapping[str, Withdrawal]:
        """Sources of which no row is planned because they were withdrawn, by source id."""
        return self.wanted.left_out

    @cached_property
    def key(self) -> str:
        """Digest of the keys of all shards."""
        assert self.artifact is None, "an artifact that was found has the key of its plan, not of its rows"
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
        return [ShardJob(location, self.stage, shard.key, shard.rows) for shard in self.stale if shard.key]


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
        if isinstance(stage, CountingStage):
            planned = stage.planned(inputs)
            return WantedRows(tuple(planned.rows), {}, counts_of(planned))
        return WantedRows(planned_rows_of(stage, inputs))
    listed = list_sources(stage, store, reading)
    found = listed.sources
    rows, left_out = without_withdrawn(store, found.rows, plurals_of([stage.name]))
    listed.keep_index(plan for plan in found.rows if not left_out.keys().isdisjoint(plan.source_ids))
    files = (listed.files_read, listed.files_unchanged)
    wanted = tuple(rows) if isinstance(stage, ReadInOrder) else packed(rows)
    return WantedRows(wanted, left_out, counts_of(found), listed.objects, *files)


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
    shards = list(_shards(store, stage, wanted.rows, making.digest, rows_per_shard, is_whole))
    known = known_rows(
        store, stage.name, {key for shard in shards if not shard.ref for key in _keys(shard.rows)}
    )
    placed = (
        shard if shard.ref or not known else replace(shard, rows=_placed(shard.rows, known))
        for shard in shards
    )
    return StagePlan(stage, making, wanted, tuple(placed))


def _shards(
    store: Store,
    stage: Stage,
    plans: Sequence[RowPlan],
    making: str,
    rows_per_shard: int,
    is_whole: Callable[[str], bool],
) -> Iterator[PlannedShard]:
    """Yield the shards of a stage, without the places of known rows."""
    groups: Sequence[Sequence[KeyedRow]]
    if isinstance(plans, PackedPlans):
        keyed = KeyedPlans(plans, making)
        sample_ids = [plans.sample_id(place) for place in range(len(plans))]
        groups = [ShardRows(keyed, places) for places in places_by_shard(sample_ids, rows_per_shard)]
    else:
        groups = shards_of_stage(stage, [keyed_row(plan, making) for plan in plans], rows_per_shard)
    keys = [digest_json(_keys(group)) for group in groups]
    refs = _recorded_refs(store, stage.name) if len(keys) > _FEW_SHARDS else {}
    with ThreadPoolExecutor(max_workers=SHARD_READERS) as readers:
        found = readers.map(lambda key: _found_shard(store, stage.name, key, is_whole, refs), keys)
        yield from map(PlannedShard, keys, groups, found)


def _keys(rows: Sequence[KeyedRow]) -> list[str]:
    return rows.keys() if isinstance(rows, ShardRows) else [row.key for row in rows]


def _recorded_refs(store: Store, stage: str) -> dict[str, ShardRef]:
    """Return the references in the last artifact of a stage: its shards need not be opened for them."""
    refs: dict[str, ShardRef] = {}
    for artifact_id in store.keys.recent(stage, 1):
        with suppress(ObjectMissing):
            manifest = get_record(store.objects, artifact_id, StageManifest)
            refs |= {shard.digest: shard for shard in manifest.shards}
    return refs


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
    if plan.artifact:
        return plan.artifact
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


def _placed(rows: Sequence[KeyedRow], known: Mapping[str, KnownRow]) -> Sequence[KeyedRow]:
    if isinstance(rows, ShardRows):
        return rows.with_known(known)
    return [replace(row, known=known.get(row.key)) for row in rows]


def _found_shard(
    store: Store, stage: str, key: str, is_whole: Callable[[str], bool], refs: Mapping[str, ShardRef]
) -> ShardRef | None:
    digest = store.keys.get(shards_key(stage), key)
    if digest is None or not is_whole(digest):
        return None
    return refs.get(digest) or shard_ref(store.objects, digest)
