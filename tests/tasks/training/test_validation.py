import numpy as np
import torch

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.metrics.scores import global_scores
from shls_core.metrics.sequence import score_sequence
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.evaluation import by_propagation
from shls_core.training.config import TrainingConfig
from storage.rows.loader import SequenceLoader
from tasks.training import validation
from tasks.training.learning_config import LearningConfig
from tasks.training.validation import validator

LEARNING = LearningConfig(
    method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)),
    training=TrainingConfig(num_threads=1, validate_every=1, validation_sequences=2),
)


def test_the_score_is_that_of_propagation_through_those_sequences(staged):
    weights = new_network(ShlsNetwork, LEARNING.method.network, 3).state_dict()
    validate = validator(staged.store.objects, staged.dataset, LEARNING, torch.device("cpu"))
    loader = SequenceLoader(staged.store.objects, staged.dataset, HELD_OUT)
    chosen = [loader.read(0), loader.read(len(loader) // 2)]
    segment = by_propagation(
        shls_propagator(new_network(ShlsNetwork, LEARNING.method.network, 3), LEARNING.method.memory)
    )
    found = [score for one in chosen for score in score_sequence(segment(one), one.masks, one.sample_id)]
    assert validate(weights) == global_scores(found).jf_mean
    assert validate(weights) == validate(weights)


def test_only_held_out_sequences_of_the_dataset_are_read(staged, monkeypatch):
    splits = []

    class Noting(SequenceLoader):
        def __init__(self, objects, dataset, split, columns):
            splits.append(split)
            super().__init__(objects, dataset, split, columns)

    monkeypatch.setattr(validation, "SequenceLoader", Noting)
    validate = validator(staged.store.objects, staged.dataset, LEARNING, torch.device("cpu"))
    assert np.isfinite(validate(new_network(ShlsNetwork, LEARNING.method.network, 0).state_dict()))
    assert splits == [HELD_OUT]
