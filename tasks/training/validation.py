"""Validation: how weights do on held-out pseudo-sequences; no human mask is ever read."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from shls_core.methods.shls.network.shls_network import network_with_weights
from shls_core.methods.shls.propagator import Propagator
from shls_core.metrics.scores import global_scores
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.evaluation import by_propagation, evaluate
from shls_core.propagation.labelled_sequence import LabelledSequence
from shls_core.training.loop import Validate
from storage.objects.objects import ObjectStore
from storage.rows.draws import spread
from storage.rows.loader import SequenceLoader
from tasks.training.learning_config import LearningConfig


def validator(objects: ObjectStore, dataset: str, learning: LearningConfig, device: torch.device) -> Validate:
    """Return the function that scores weights by propagating through held-out sequences of a dataset.

    Raises
    ------
    InputError
        If the dataset has none.
    """
    loader = SequenceLoader(objects, dataset, HELD_OUT)
    numbers = spread(len(loader), learning.training.validation_sequences)

    def sequences() -> Iterator[LabelledSequence]:
        return map(loader.read, numbers)

    def validate(weights: Mapping[str, Tensor]) -> float:
        network = network_with_weights(learning.network, weights).to(device)
        found = evaluate(by_propagation(Propagator(network, learning.memory)), sequences())
        return global_scores(found).jf_mean

    return validate
