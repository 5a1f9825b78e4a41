"""Which checkpoint made the pseudo-masks that a training learns from."""

from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.stage_names import CLUSTERS
from tasks.training.learning_config import LearningConfig


def pseudo_masks_by(objects: ObjectStore, dataset: str, learning: LearningConfig) -> str | None:
    """Return the id of the checkpoint that made the clusters of a dataset, if a training learns from them."""
    if CLUSTERS not in learning.columns:
        return None
    artifact = get_record(objects, dataset, DatasetManifest).stages.get(CLUSTERS)
    if artifact is None:
        return None  # and the loader says so
    return str(get_record(objects, artifact, StageManifest).parameters["checkpoint"])
