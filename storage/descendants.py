"""What still descends from some photographs: every dataset in a store that holds them, every checkpoint."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow.compute as pc

from storage.inventory import take_inventory
from storage.manifest import DatasetManifest, StageManifest, get_record
from storage.objects import ObjectStore
from storage.reachability import CHECKPOINT, DATASET, all_links
from storage.schemas import STAGES
from storage.shards import read_columns_of_all
from storage.stand_ins import with_stand_ins
from storage.store import Store


@dataclass(frozen=True)
class Descendants:
    """What descends from one photograph."""

    datasets: tuple[str, ...] = ()
    """Ids of the datasets with a row of it, rejected and erased rows included."""
    checkpoints: tuple[str, ...] = ()
    """Ids of the checkpoints that were trained on one of them."""


def descendants(store: Store, image_ids: Collection[str]) -> dict[str, Descendants]:
    """Return what descends from each of some photographs, by image id.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a dataset is damaged: what it holds cannot be known.
    """
    if not image_ids:
        return {}
    links = all_links(store.objects, take_inventory(store.backend, "objects").objects)
    datasets = sorted(digest for digest, record in links.items() if record.kind == DATASET)
    held = _held(with_stand_ins(store), datasets, frozenset(image_ids))
    checkpoints = {
        digest: record.named & held.keys()
        for digest, record in sorted(links.items())
        if record.kind == CHECKPOINT
    }
    found = {}
    for image_id in image_ids:
        holding = [dataset for dataset in datasets if image_id in held[dataset]]
        trained = [digest for digest, on in checkpoints.items() if not on.isdisjoint(holding)]
        found[image_id] = Descendants(tuple(holding), tuple(trained))
    return found


def _held(
    objects: ObjectStore, datasets: Collection[str], image_ids: frozenset[str]
) -> Mapping[str, set[str]]:
    """Return which of the photographs each dataset holds; every shard is read once."""
    shards_of = {dataset: _shards(objects, dataset) for dataset in datasets}
    every = sorted(set().union(*shards_of.values()))
    in_shard = {
        shard: image_ids.intersection(pc.unique(pc.list_flatten(table["image_ids"])).to_pylist())
        for shard, table in zip(every, read_columns_of_all(objects, every, ["image_ids"]), strict=True)
    }
    return {
        dataset: {image_id for shard in shards for image_id in in_shard[shard]}
        for dataset, shards in shards_of.items()
    }


def _shards(objects: ObjectStore, dataset_id: str) -> set[str]:
    dataset = get_record(objects, dataset_id, DatasetManifest)
    manifests = (get_record(objects, getattr(dataset, stage), StageManifest) for stage in STAGES)
    return {shard.digest for manifest in manifests for shard in manifest.shards}
