"""What a plan is compared with: an existing dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow.compute as pc

from storage.kinds import RecordKind
from storage.records.tombstones import ERASED
from storage.references import resolve
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import INGEST
from storage.store import Store


@dataclass(frozen=True)
class Baseline:
    """The stages of an existing dataset."""

    dataset: str
    artifacts: Mapping[str, StageArtifact]
    _sources: dict[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, reference: str) -> Baseline:
        """Open the dataset that a reference means.

        Raises
        ------
        NameUnknown
            If there is none.
        """
        dataset = resolve(store, reference, RecordKind.DATASET)
        return cls(dataset, Dataset(store.with_stand_ins(), dataset).stages)

    @classmethod
    def latest(cls, store: Store, name: str) -> Baseline | None:
        """Open the dataset published last under a name; None if there is none."""
        return cls.of(store, name) if store.names.resolve(name) else None

    @cached_property
    def there(self) -> Mapping[str, StageArtifact]:
        """The stages without the shards that are missing from the store."""
        return {stage: artifact.without_lost_shards() for stage, artifact in self.artifacts.items()}

    def is_whole(self, stage: str) -> bool:
        """Return whether no shard of a stage is missing from the store."""
        return self.there.get(stage) is self.artifacts.get(stage)

    @property
    def photographs(self) -> Mapping[str, Mapping[str, Any]]:
        """Ids and notes of every photograph in it, rejected ones included, by sample id."""
        return self.sources(INGEST)

    def sources(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        """Return ids and notes of every row of a stage of sources, rejected ones included, by sample id."""
        if stage not in self.there:
            return {}
        if stage not in self._sources:
            columns = ["sample_id", "source_ids", "file_name", "source", "licence", "consent"]
            rows = self.there[stage].table([*columns, "rejected"]).to_pylist()
            self._sources[stage] = {
                row.pop("sample_id"): row for row in rows if row.pop("rejected") != ERASED
            }
        return self._sources[stage]

    def erased(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the sources of every row of a stage that was erased on request, by sample id."""
        if stage not in self.there:
            return {}
        table = self.there[stage].table(["sample_id", "source_ids", "rejected"])
        erased = table.filter(pc.field("rejected") == ERASED).drop_columns("rejected")
        return {row.pop("sample_id"): row for row in erased.to_pylist()}

    def rows(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        """Return key, parents and sources of every row of a stage that is there, by sample id."""
        if stage not in self.there:
            return {}
        table = self.there[stage].table(["sample_id", "row_key", "parents", "source_ids"])
        return {row.pop("sample_id"): row for row in table.to_pylist()}
