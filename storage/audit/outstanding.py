"""Withdrawn photographs and videos from which something in a store still descends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest
from storage.records.tombstones import ERASED
from storage.rows.stage_artifact import StageArtifact
from storage.withdrawal.deny_list import Withdrawal

Sources = frozenset[str]


class TrainedOn(NamedTuple):
    """Samples that a checkpoint was trained on, or validated with."""

    dataset: str
    stage: str
    """The stage whose rows were its samples."""


@dataclass(frozen=True)
class Outstanding:
    """A withdrawal that is not complete."""

    withdrawal: Withdrawal
    datasets: tuple[str, ...]
    """Ids of the datasets with rows that descend from the source and were not erased."""
    checkpoints: tuple[str, ...]
    """Ids of the checkpoints trained on such rows, even if erased since: weights keep what they learned."""


def outstanding(
    objects: ObjectStore,
    withdrawn: Mapping[str, Withdrawal],
    datasets: Mapping[str, DatasetManifest],
    trained_on: Mapping[str, Sequence[TrainedOn]],
) -> list[Outstanding]:
    """Return the withdrawals of sources that something still depends on, in the order of the ledger.

    Parameters
    ----------
    objects
        The objects, with stand-ins for erased shards.
    withdrawn
        The sources that are withdrawn now.
    datasets
        The datasets to check, by id.
    trained_on
        The samples of every checkpoint to check, by the checkpoint's id.
    """
    if not withdrawn:
        return []
    held_by = cache(lambda artifact, with_erased: _held(objects, artifact, withdrawn, with_erased))
    holding = {
        dataset: frozenset().union(*(held_by(artifact, False) for artifact in manifest.stages.values()))
        for dataset, manifest in datasets.items()
    }
    # What training reads of a dataset: its samples.
    learned_from = {
        checkpoint: frozenset().union(
            *(
                held_by(datasets[dataset].stages[stage], True)
                for dataset, stage in read
                if dataset in datasets and stage in datasets[dataset].stages
            )
        )
        for checkpoint, read in trained_on.items()
    }
    found = (
        Outstanding(
            withdrawal=withdrawal,
            datasets=tuple(sorted(one for one, sources in holding.items() if source_id in sources)),
            checkpoints=tuple(sorted(one for one, sources in learned_from.items() if source_id in sources)),
        )
        for source_id, withdrawal in withdrawn.items()
    )
    return [one for one in found if one.datasets or one.checkpoints]


def _held(
    objects: ObjectStore, artifact: str, withdrawn: Mapping[str, Withdrawal], with_erased: bool
) -> Sources:
    """Return the withdrawn sources from which rows of a stage descend."""
    try:
        table = StageArtifact(objects, artifact).table(["rejected", "source_ids"])
    except (ObjectMissing, ObjectCorrupted):  # reported as such: a missing stage contains nothing
        return frozenset()
    if not with_erased:
        is_there = pc.fill_null(pc.not_equal(table["rejected"], pa.scalar(ERASED)), fill_value=True)
        table = table.filter(is_there)
    images = pc.unique(pc.list_flatten(table["source_ids"].combine_chunks()))
    return frozenset(images.filter(pc.is_in(images, pa.array(withdrawn, pa.string()))).to_pylist())
