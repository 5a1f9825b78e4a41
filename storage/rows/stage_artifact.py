"""Read the artifact of a stage."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from storage.objects.objects import ObjectStore
from storage.records.manifests import StageManifest, get_record
from storage.rows.shards import read_columns_of_all
from storage.rows.stage_graph import schema_of


@dataclass(frozen=True, slots=True)
class RowAddress:
    """The location of a row, and the digest of its content.

    The key of a row depends on the digests of the rows it reads; their locations only serve to read them.
    """

    stage: str
    sample_id: str
    digest: str
    shard: str
    index: int


class AcceptedRows(Protocol):
    """The accepted rows of a stage: already made, or only planned."""

    def accepted(self, columns: Sequence[str] = ()) -> list[tuple[RowAddress, dict[str, Any]]]:
        """Return the address and some columns of every accepted row, by ascending sample id."""
        ...


class StageArtifact:
    """The rows of one stage of one dataset, read by column."""

    def __init__(self, objects: ObjectStore, artifact_id: str) -> None:
        self._objects = objects
        self.id = artifact_id
        self.manifest = get_record(objects, artifact_id, StageManifest)

    def without_lost_shards(self) -> "StageArtifact":
        """Return the artifact without its missing shards; the artifact itself if none is missing."""
        there = tuple(shard for shard in self.manifest.shards if self._objects.exists(shard.digest))
        if there == self.manifest.shards:
            return self
        rest = copy(self)
        rest.manifest = self.manifest.model_copy(update={"shards": there})
        return rest

    def accepted(self, columns: Sequence[str] = ()) -> list[tuple[RowAddress, dict[str, Any]]]:
        """Return the address and some columns of every accepted row, by ascending sample id."""
        found = []
        wanted = list(dict.fromkeys(["sample_id", "digest", *columns]))
        for shard, table in zip(self.manifest.shards, self._tables(wanted), strict=True):
            for index, row in enumerate(table.to_pylist()):
                sample_id, digest = row.pop("sample_id"), row.pop("digest")
                if digest is not None:
                    address = RowAddress(self.manifest.stage, sample_id, digest, shard.digest, index)
                    found.append((address, row))
        return sorted(found, key=lambda item: item[0].sample_id)

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns of all rows, rejected ones included, by ascending sample id."""
        wanted = list(dict.fromkeys(["sample_id", *columns]))
        none = schema_of(self.manifest.stage).arrow.empty_table().select(wanted)
        return pa.concat_tables([none, *self._tables(wanted)]).sort_by("sample_id").select(list(columns))

    def _tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        digests = [shard.digest for shard in self.manifest.shards]
        return read_columns_of_all(self._objects, digests, columns)

    def rejected_reasons(self) -> dict[str, int]:
        """Return how many rows were rejected for each reason, most frequent first."""
        counts = pc.value_counts(self.table(["rejected"])["rejected"].drop_null()).to_pylist()
        return {row["values"]: row["counts"] for row in sorted(counts, key=lambda row: -int(row["counts"]))}
