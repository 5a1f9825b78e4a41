"""The batches of a training: sequences of photographs, or clips of videos."""

from collections.abc import Iterator, Sequence

from shls_core.photographs.split import TRAIN
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from storage.objects.objects import ObjectStore
from storage.rows.batches import SequenceArrays, Share
from storage.rows.clip_loader import ClipLoader
from storage.rows.loader import SequenceLoader
from storage.rows.sources import require_source
from tasks.training.learning_config import LearningConfig


def drawn_batches(
    objects: ObjectStore, dataset: str, learning: LearningConfig, first_step: int, shares: Sequence[int]
) -> Iterator[TrainingBatch]:
    """Yield the batches that a training draws of a dataset, without end, from a step on.

    Parameters
    ----------
    objects
        Where the dataset is.
    dataset
        Its id.
    learning
        What to learn.
    first_step
        Counted from 0.
    shares
        Which shares of every batch to yield, one after the other; the others are not read. What a step draws
        does not depend on them.

    Raises
    ------
    InputError
        If the dataset has nothing of the source that is learned from.
    """
    training, draw = learning.training, learning.clip_draw
    loader: ClipLoader | SequenceLoader
    kind: type[TrainingBatch]
    if draw is not None:
        loader, kind = ClipLoader(objects, dataset, TRAIN, draw, learning.columns), ClipBatch
    else:
        loader, kind = SequenceLoader(objects, dataset, TRAIN, learning.columns), TrainingBatch
    coming: list[Iterator[SequenceArrays]] = [
        iter(
            loader.batches(
                training.seed, training.batch_size, first_step, Share(rank=share, num_ranks=training.shares)
            )
        )
        for share in shares
    ]
    while True:
        for of_share in coming:
            yield kind(**next(of_share))


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
