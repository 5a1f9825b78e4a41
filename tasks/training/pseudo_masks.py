"""Which checkpoint made the pseudo-masks that a training learns from."""

from storage.objects.objects import ObjectStore
from tasks.training.learning_config import LearningConfig


def pseudo_masks_by(objects: ObjectStore, dataset: str, learning: LearningConfig) -> str | None:
    """Return the id of the checkpoint that made the clusters of a dataset, if a training learns from them."""
    return None
