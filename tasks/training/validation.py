"""Validation: the score of weights on held-out sequences; no human mask is ever read."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from shls_core.methods.in_use import columns_read, propagator_of
from shls_core.metrics.scores import global_scores
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.evaluation import by_propagation, evaluate
from shls_core.propagation.labelled_sequence import LabelledSequence
from shls_core.training.loop import Validate
from storage.objects.objects import ObjectStore
from storage.rows.draws import spread
from storage.rows.loader import SequenceLoader
from tasks.training.learning_config import LearningConfig


def validator(objects: ObjectStore, dataset: str, learning: LearningConfig, device: torch.device) -> Validate:
    """Return the function that scores weights by the method's own propagation through held-out sequences.

    Raises
    ------
    InputError
        If the dataset has none.
    """
    own = PropagationConfig()
    loader = SequenceLoader(objects, dataset, HELD_OUT, columns_read(learning.method, own))
    numbers = spread(len(loader), learning.training.validation_sequences)
    method = learning.chosen_method()

    def sequences() -> Iterator[LabelledSequence]:
        return map(loader.read, numbers)

    def validate(weights: Mapping[str, Tensor]) -> float:
        network = method.network_with_weights(learning.method, weights).to(device)
        propagator = propagator_of(network, learning.method, own)
        return global_scores(evaluate(by_propagation(propagator), sequences())).jf_mean

    return validate
