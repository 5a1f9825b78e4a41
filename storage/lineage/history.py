"""The history of a store, read once, and only when it is needed."""

from functools import cached_property

import pyarrow as pa

from storage.kinds import KeyKind, RecordKind
from storage.lineage.absence import Absences
from storage.lineage.orphans import stages_of_orphans
from storage.lineage.records import Content, Records
from storage.lineage.rows import Rows, naming
from storage.objects.objects import ObjectStore
from storage.records.manifests import stages_in
from storage.rows.source_kinds import SOURCE_STAGES
from storage.rows.source_pages import SHARDS, SourcePages
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from storage.withdrawal.deny_list import Withdrawal, withdrawn
from storage.withdrawal.which_source import COLUMNS, SourceReferences


class History:
    """Runs, names, records and rows of one store, as they were when each was first read.

    Parameters
    ----------
    store
        It is only read through its own interface, so it may be in a folder or a bucket.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.splits: dict[str, pa.Table] = {}
        """Samples of datasets and the split of each, by dataset, as `storage.lineage.splits` found them."""

    @cached_property
    def runs(self) -> RunsByArtifact:
        """The ledger."""
        return RunsByArtifact(self.store.ledger.runs())

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """The names, like ``photos@v3``, of every dataset that has or had one, oldest first, by id."""
        names: dict[str, list[str]] = {}
        for row in self.store.names.rows():
            names.setdefault(row["digest"], []).append(f"{row['name']}@v{row['version']}")
        return names

    @cached_property
    def removed_at(self) -> dict[str, str]:
        """When (UTC) garbage collection removed each dataset, by id; it may have been made again."""
        return {**self.runs.collected(), **self.store.names.removed_at()}

    @cached_property
    def withdrawn(self) -> dict[str, Withdrawal]:
        """The sources that are withdrawn now, by id."""
        return withdrawn(self.store)

    @cached_property
    def sources(self) -> SourceReferences:
        """Resolves references to the sources in any shard, and to the withdrawn ones."""
        rows = {stage: self._source_rows(stage) for stage in SOURCE_STAGES}
        return SourceReferences(rows, self.withdrawn)

    @cached_property
    def absences(self) -> Absences:
        """Why missing objects are gone."""
        return Absences(self.removed_at, self.store.erased())

    @cached_property
    def records(self) -> Records:
        """The records."""
        return Records(self.store.backend, [*self.names, *self.runs.mentioned()])

    @cached_property
    def rows(self) -> Rows:
        """The rows of all shards."""
        return Rows(self.store.backend, self.absences)

    def rows_of(self, artifact: str) -> pa.Table | None:
        """Return the rows of a stage artifact (see `Rows.of`), or None if it is missing.

        An incomplete artifact is read, too: see `lost_shards`.
        """
        record = self.records.get(artifact)
        return None if record is None else self.rows.of(record["stage"], shards_of(record))

    def lost_shards(self, artifact: str) -> list[str]:
        """Return the missing shards without a stand-in of a stage artifact whose rows were read before."""
        record = self.records.get(artifact)
        return [] if record is None else self.rows.lost(shards_of(record))

    def every_row(self, stage: str) -> pa.Table:
        """Return the rows of every shard of a stage in the store (see `Rows.of`)."""
        shards = [shard for shard, of_stage in self.stage_of_shard.items() if of_stage == stage]
        return self.rows.of(stage, shards)

    def rows_naming(self, stage: str, source: str) -> pa.Table:
        """Return the rows of a stage in the store that name a source (see `Rows.of`).

        Of large artifacts, only the shards are read that name it by their pages.
        """
        shards: dict[str, None] = {}
        for some in self._shards_by_artifact(stage):
            shards |= dict.fromkeys(self._pages.shards_naming(some, source))
        return naming(self.rows.of(stage, shards), source)

    def _source_rows(self, stage: str) -> pa.Table:
        """Return `COLUMNS` of every row of a stage of sources, from pages where there are some."""
        tables: list[pa.Table] = []
        unpaged: dict[str, None] = {}
        for some in self._shards_by_artifact(stage):
            paged = self._pages.source_rows(stage, some) if len(some) >= SHARDS else None
            if paged is None or not self.absences.erased.keys().isdisjoint(some):
                unpaged |= dict.fromkeys(some)
            else:
                tables.append(paged.select(COLUMNS))
        return pa.concat_tables([*tables, self.rows.of(stage, unpaged).select(COLUMNS)])

    def _shards_by_artifact(self, stage: str) -> list[list[str]]:
        """Return the shards of every artifact of a stage, then those of a stage without an artifact."""
        artifacts = [one for one in self.records.of_kind(RecordKind.STAGE).values() if one["stage"] == stage]
        of_artifacts = [shards_of(one) for one in artifacts]
        seen = {shard for some in of_artifacts for shard in some}
        orphans = [
            shard
            for shard, of_stage in self.stage_of_shard.items()
            if of_stage == stage and shard not in seen
        ]
        return [*of_artifacts, orphans]

    @cached_property
    def _pages(self) -> SourcePages:
        return SourcePages(self.store.backend)

    @cached_property
    def stage_of_shard(self) -> dict[str, str]:
        """The stage of every shard of an artifact, and of every shard in the store without an artifact."""
        artifacts = self.records.of_kind(RecordKind.STAGE).values()
        of_artifacts = {shard: str(record["stage"]) for record in artifacts for shard in shards_of(record)}
        orphans = (one for one in self.records.unaccounted() if not self.absences.is_stand_in(one))
        return of_artifacts | stages_of_orphans(ObjectStore(self.store.backend), orphans)

    def absence_of_shard(self, shard: str) -> dict[str, str]:
        """Return, as ``gone``, why a shard whose rows were read before is missing; nothing if it is not."""
        return {"gone": self.absences.why(shard)} if self.rows.is_absent(shard) else {}

    def verdict_on(self, dataset: str) -> str | None:
        """Return the gate's newest verdict on a dataset, ``passed`` or ``failed``; None without a verdict."""
        verdict = self.store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset)
        record = self.records.get(verdict) if verdict else None
        return None if record is None else ("passed" if record["passed"] else "failed")

    def stages_with(self, shard: str) -> list[str]:
        """Return the ids of the stage artifacts in the store that have a shard."""
        return [
            digest
            for digest, record in self.records.of_kind(RecordKind.STAGE).items()
            if shard in shards_of(record)
        ]

    def datasets_with(self, artifact: str) -> list[str]:
        """Return the ids of the datasets in the store that have a stage artifact, those with names first."""
        datasets = self.records.of_kind(RecordKind.DATASET)
        found = [digest for digest, record in datasets.items() if artifact in stages_in(record).values()]
        return sorted(found, key=lambda digest: digest not in self.names)


def shards_of(stage: Content) -> list[str]:
    """Return the digests of the shards of a stage manifest."""
    return [shard["digest"] for shard in stage["shards"]]
