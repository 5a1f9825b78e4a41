"""The batches of a training: sequences of photographs, or clips of videos."""

from collections.abc import Iterator

from shls_core.photographs.split import TRAIN
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from storage.objects.objects import ObjectStore
from storage.rows.clip_loader import ClipLoader
from storage.rows.loader import SequenceLoader
from storage.rows.sources import require_source
from tasks.training.learning_config import LearningConfig


def drawn_batches(
    objects: ObjectStore, dataset: str, learning: LearningConfig, first_step: int
) -> Iterator[TrainingBatch]:
    """Yield the batches that a training draws of a dataset, without end, from a step on.

    Raises
    ------
    InputError
        If the dataset has nothing of the source that is learned from.
    """
    training, draw = learning.training, learning.clip_draw
    if draw is not None:
        clips = ClipLoader(objects, dataset, TRAIN, draw, learning.columns)
        for arrays in clips.batches(training.seed, training.batch_size, first_step):
            yield ClipBatch(**arrays)
    else:
        sequences = SequenceLoader(objects, dataset, TRAIN, learning.columns)
        for arrays in sequences.batches(training.seed, training.batch_size, first_step):
            yield TrainingBatch(**arrays)


def check_sources(objects: ObjectStore, dataset: str, learning: LearningConfig) -> int:
    """Check that a training finds what it draws, and what validates it, before it begins.

    Returns
    -------
    int
        How many training clips are left out because they are shorter than what is drawn.

    Raises
    ------
    InputError
        If a dataset has nothing of its source.
    """
    require_source(objects, dataset, learning.source, f"source: {learning.source}")
    if learning.validation_dataset is not None:
        require_source(objects, learning.validation_dataset, "stills", "validation_dataset")
    elif learning.validates:
        needs = "training.validate_every without a validation_dataset"
        require_source(objects, dataset, "stills", needs)
    draw = learning.clip_draw
    return 0 if draw is None else ClipLoader(objects, dataset, TRAIN, draw, learning.columns).num_short
