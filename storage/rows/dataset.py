"""A dataset, opened once: its stages in the order in which they were made, and its samples."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.photographs.split import Split
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.stage_artifact import RowAddress, StageArtifact
from storage.rows.stage_graph import in_reading_order, schema_of

_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SampleAddress:
    """The location of the parts of a sample.

    Attributes
    ----------
    id
        Its sample id, the same in every stage.
    rows
        Its row in each stage that holds a part of it, by stage.
    columns
        The requested columns of its row in the stage that splits samples.
    """

    id: str
    rows: Mapping[str, RowAddress]
    columns: Mapping[str, Any]


class Dataset:
    """The stages of a dataset and its samples.

    Parameters
    ----------
    objects
        Where the dataset is.
    dataset_id
        Its id.

    Attributes
    ----------
    stages : mapping of str to StageArtifact
        By name, each after those it read.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    NameUnknown
        If it is not a dataset.
    """

    def __init__(self, objects: ObjectStore, dataset_id: str) -> None:
        self.id = dataset_id
        self.manifest = get_record(objects, dataset_id, DatasetManifest)
        self.stages = stage_artifacts(objects, self.manifest)

    def __getitem__(self, stage: str) -> StageArtifact:
        """Return the artifact of a stage."""
        return self.stages[stage]

    @cached_property
    def sample_stage(self) -> str:
        """The stage whose rows are divided into training and held-out: those are the samples.

        Raises
        ------
        InputError
            If no stage divides its rows.
        """
        for name in self.stages:
            if any(field.name == "split" for field in schema_of(name).content):
                return name
        raise InputError(f"expected a dataset with a stage that is split, got {', '.join(self.stages)}")

    @cached_property
    def stages_of_samples(self) -> tuple[str, ...]:
        """The stages that hold a part of every sample: the one that is split, then those that read it."""
        first = self.sample_stage
        return first, *(name for name, one in self.stages.items() if first in one.manifest.inputs)

    def stage_with(self, column: str) -> str:
        """Return the stage that holds a content column of samples.

        Raises
        ------
        InputError
            If none does.
        """
        for name in self.stages_of_samples:
            if any(field.name == column for field in schema_of(name).content):
                return name
        raise InputError(f"expected a column of samples, got {column!r}, which no stage of the dataset has")

    def samples(self, split: Split | None = None, columns: Sequence[str] = ()) -> list[SampleAddress]:
        """Return the samples that every stage accepted, by ascending sample id: the loader numbers them so.

        Parameters
        ----------
        split
            The side of the split; None: both.
        columns
            Small columns of the stage that is split, to read with it.

        Raises
        ------
        ObjectCorrupted
            If an id is no digest, or a shard is damaged.
        """
        first, *others = self.stages_of_samples
        parts = {
            name: {address.sample_id: address for address, _ in self[name].accepted()} for name in others
        }
        found = [
            SampleAddress(
                address.sample_id,
                {first: address, **{name: rows[address.sample_id] for name, rows in parts.items()}},
                row,
            )
            for address, row in self[first].accepted(("split", *columns))
            if split in (None, row["split"]) and all(address.sample_id in rows for rows in parts.values())
        ]
        # Exports name files after samples; a store of others may call them ``../../x``.
        if foreign := next((sample.id for sample in found if not _ID.fullmatch(sample.id)), None):
            raise ObjectCorrupted(
                f"expected sample ids of 64 digits in dataset {short(self.id)}…, got {foreign[:80]!r}"
            )
        return found


def stage_artifacts(objects: ObjectStore, manifest: DatasetManifest) -> dict[str, StageArtifact]:
    """Return the artifacts of a dataset by stage, each after those it read."""
    artifacts = {stage: StageArtifact(objects, artifact) for stage, artifact in manifest.stages.items()}
    order = in_reading_order({stage: list(one.manifest.inputs) for stage, one in artifacts.items()})
    return {stage: artifacts[stage] for stage in order}
