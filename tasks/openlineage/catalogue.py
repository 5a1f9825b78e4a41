"""The artifacts behind the ids in the ledger, and their names in OpenLineage.

A dataset of OpenLineage has versions. Here, everything with a name is one: the dataset ``photos``, its
stages, the checkpoints trained on it, their scores; the id of an artifact is the version.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openlineage.client.naming.dataset import S3, DatasetNaming, LocalFileSystem

from shls_core.errors import ObjectMissing
from storage.kinds import SCORES, RecordKind
from storage.objects.objects import object_path
from storage.records.ancestors import JOINED_WITH
from storage.records.manifests import StageManifest, stages_in
from storage.rows.stage_graph import in_reading_order
from storage.store import Store
from storage.tables.names import PUBLISHED

_UNPUBLISHED = "unpublished"


@dataclass(frozen=True)
class Artifact:
    """A version of something that has a name.

    Attributes
    ----------
    id
        Digest of its record.
    kind
        ``dataset``, a stage, ``checkpoint``, ``evaluation``, ``benchmark``, ``submission``; ``other`` for any
        other id.
    name
        Inside its store: ``photos/saliency``.
    made_from
        Names, inside the store, of what it was made from.
    also
        Published names and tags of this version: ``photos@v3``.
    manifest
        Its manifest, if it is a stage.
    """

    id: str
    kind: str
    name: str
    made_from: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    manifest: StageManifest | None = None


class Catalogue:
    """Finds the artifacts behind an id.

    Parameters
    ----------
    store
        Where they are.
    own_name
        Name in the configuration of the run; it is preferred to other names of the same dataset.
    """

    def __init__(self, store: Store, own_name: str | None = None) -> None:
        self.store = store
        self._own_name = own_name

    def artifacts(self, artifact_id: str) -> Iterator[Artifact]:
        """Yield the artifact that has an id; for a dataset, its stages first."""
        record = self._record(artifact_id)
        match record.get("kind"):
            case RecordKind.DATASET:
                yield from self._dataset(artifact_id, record)
            case RecordKind.CHECKPOINT | RecordKind.PRETRAINED:
                name = self._name(record["dataset"])
                yield Artifact(artifact_id, RecordKind.CHECKPOINT, f"{name}/checkpoint", (name,))
            case kind if kind in SCORES:
                yield self._scored(artifact_id, kind, record)
            case _:
                yield Artifact(artifact_id, "other", f"other/{artifact_id}")

    def naming(self, name: str) -> DatasetNaming:
        """Return a name, or path, inside the store as OpenLineage spells it."""
        whole = f"{self.store.location}/{name}"
        if not whole.startswith("s3://"):
            return LocalFileSystem(whole)
        bucket, _, key = whole.removeprefix("s3://").partition("/")
        return S3(bucket, key)

    def place(self, artifact: Artifact) -> DatasetNaming | None:
        """Return where the record of an artifact is, or None if the store has no object for it."""
        if artifact.kind == "other" and self.store.objects.size(artifact.id) is None:
            return None
        return self.naming(object_path(artifact.id))

    def _record(self, artifact_id: str) -> Mapping[str, Any]:
        """Return a record; an empty one if there is no such object, or it is not a record."""
        try:
            record = json.loads(self.store.objects.get(artifact_id))
        except (ObjectMissing, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _dataset(self, dataset_id: str, record: Mapping[str, Any]) -> Iterator[Artifact]:
        name = self._name(dataset_id)
        artifacts = stages_in(record)
        manifests = {
            stage: StageManifest.model_validate(self._record(one)) for stage, one in artifacts.items()
        }
        stages = in_reading_order({stage: list(manifest.inputs) for stage, manifest in manifests.items()})
        for stage in stages:
            read = tuple(f"{name}/{read}" for read in sorted(manifests[stage].inputs))
            yield Artifact(artifacts[stage], stage, f"{name}/{stage}", read, manifest=manifests[stage])
        also = tuple(f"{row['name']}@v{row['version']}" for row in self._namings(dataset_id))
        yield Artifact(
            dataset_id, RecordKind.DATASET, name, tuple(f"{name}/{stage}" for stage in stages), also
        )

    def _scored(self, artifact_id: str, kind: str, record: Mapping[str, Any]) -> Artifact:
        dataset = record.get("dataset") or self._record(record["checkpoint"]).get("dataset", "")
        name = self._name(dataset)
        videos = f"/{record['benchmark']}-{record['split']}" if "benchmark" in record else ""
        trained = [name]
        if second := record.get(JOINED_WITH):
            joined = self._record(second).get("dataset", "")
            # The run is configured with the name of the first one's dataset alone.
            trained.append(name if joined == dataset else self._published_name(joined))
        checkpoints = dict.fromkeys(f"{one}/checkpoint" for one in trained)
        read = tuple(checkpoints) if videos else (*checkpoints, name)
        return Artifact(artifact_id, kind, f"{name}/{kind}{videos}", read)

    def _name(self, dataset_id: str) -> str:
        """Return the name of a dataset: the one in the run's configuration, else the first published one."""
        names = self._published_names(dataset_id)
        if self._own_name and (self._own_name in names or not names):
            return self._own_name
        return self._published_name(dataset_id)

    def _published_name(self, dataset_id: str) -> str:
        return next(iter(self._published_names(dataset_id)), _UNPUBLISHED)

    def _published_names(self, dataset_id: str) -> list[str]:
        return [str(row["name"]) for row in self._namings(dataset_id) if row["kind"] == PUBLISHED]

    def _namings(self, dataset_id: str) -> list[Mapping[str, Any]]:
        return [row for row in self._all_namings if row["digest"] == dataset_id]

    @cached_property
    def _all_namings(self) -> list[dict[str, Any]]:
        return self.store.names.rows()
