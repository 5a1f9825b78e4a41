"""What in a dataset descends from one photograph."""

import pyarrow as pa
import pyarrow.compute as pc

from storage.artifact import StageArtifact
from storage.manifest import DatasetManifest, get_record
from storage.objects import ObjectStore
from storage.schemas import STAGES


def rows_descending_from(objects: ObjectStore, dataset_id: str, image_id: str) -> dict[str, int]:
    """Return, per stage, the number of rows, rejected ones included, that were made from a photograph."""
    dataset = get_record(objects, dataset_id, DatasetManifest)
    return {stage: _count(StageArtifact(objects, getattr(dataset, stage)), image_id) for stage in STAGES}


def _count(artifact: StageArtifact, image_id: str) -> int:
    images = artifact.table(["image_ids"])["image_ids"].combine_chunks()
    is_it = pc.equal(pc.list_flatten(images), pa.scalar(image_id))
    rows = pc.list_parent_indices(images).filter(is_it)
    return int(pc.count_distinct(rows).as_py())
