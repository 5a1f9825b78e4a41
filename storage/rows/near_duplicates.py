"""The near-duplicates of a dataset, as its split grouped them."""

from dataclasses import dataclass

from shls_core.photographs.near_duplicates import group_scenes, near_duplicate_groups
from shls_core.photographs.split import HeldOutConfig, Split, split_of
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import RowAddress
from storage.rows.stage_names import INGEST, SEQUENCES


@dataclass(frozen=True)
class NearDuplicates:
    """Photographs that show the same picture."""

    file_names: tuple[str, ...]
    photographs: tuple[RowAddress, ...]
    split: Split
    """The side of the split that contains all of them."""


def near_duplicates_of(objects: ObjectStore, dataset_id: str) -> list[NearDuplicates]:
    """Return the groups of near-duplicates among the photographs of a dataset, by their first file name."""
    dataset = Dataset(objects, dataset_id)
    parameters = dataset[SEQUENCES].manifest.parameters
    max_bits, held_out = int(parameters["near_duplicate_bits"]), HeldOutConfig(**parameters["held_out"])
    ingested = dataset[INGEST].accepted(("file_name", "scene", "perceptual_hash"))
    ingested.sort(key=lambda item: str(item[1]["file_name"]))
    hashes = [row["perceptual_hash"] for _, row in ingested]
    scenes = group_scenes([row["scene"] for _, row in ingested], hashes, max_bits)
    return [
        NearDuplicates(
            file_names=tuple(ingested[place][1]["file_name"] for place in group),
            photographs=tuple(ingested[place][0] for place in group),
            split=split_of(scenes[group[0]], held_out),
        )
        for group in near_duplicate_groups(hashes, max_bits)
    ]
