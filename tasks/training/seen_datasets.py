"""All datasets whose samples a training sees, itself or through the checkpoints it learns from."""

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from shls_core.errors import InputError, ObjectMissing
from storage.records.ancestors import (
    PSEUDO_MASKS_BY,
    STARTS_FROM,
    AncestorMissing,
    ancestors,
    own_datasets,
)
from storage.store import Store
from tasks.training.learning_config import LearningConfig
from tasks.training.pseudo_masks import pseudo_masks_by


def seen_datasets(store: Store, dataset: str, learning: LearningConfig) -> tuple[str, ...]:
    """Return the ids of the datasets that a training sees, its own first; raises as `datasets_seen_by`."""
    begun = {
        "dataset": dataset,
        "validation_dataset": learning.validation_dataset,
        STARTS_FROM: learning.starts_from,
        PSEUDO_MASKS_BY: pseudo_masks_by(store.objects, dataset, learning),
    }
    return datasets_seen_by(store, begun)


def datasets_seen_by(store: Store, checkpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the datasets that a checkpoint saw, by its record, those of its own training first.

    Raises
    ------
    InputError
        If a record of a checkpoint that it learned from is missing, so that they are not known.
    """

    def read(digest: str) -> Mapping[str, Any] | None:
        try:
            content: Mapping[str, Any] = json.loads(store.objects.get(digest))
        except ObjectMissing:
            return None
        return content

    try:
        earlier = ancestors(checkpoint, read).values()
    except AncestorMissing as missing:
        raise InputError(
            f"expected all checkpoints in the store that this training learns from, {missing}"
        ) from None
    seen = map(own_datasets, (checkpoint, *earlier))
    return tuple(dict.fromkeys(chain.from_iterable(seen)))
