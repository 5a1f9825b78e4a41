"""Every method, with a batch of two shares: nobody sees who computed which."""

import pytest
from known_exchange import Noting, OneOfSome
from tiny_methods import TINY

from shls_core.methods.registry import METHODS
from shls_core.training.shares_config import TrainingWithShares
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig

CPU = ExecutionConfig(backend="serial", device="cpu")
TRAINING = TrainingWithShares(steps=3, batch_size=2, shares=2, num_threads=1)


@pytest.mark.parametrize("name", METHODS)
def test_two_workers_learn_what_one_learns(name, staged, staged_clips):
    made, source = (staged_clips, "clips") if name == "dul" else (staged, "stills")
    learning = LearningConfig(method=TINY[name], training=TRAINING, source=source)
    objects, facts = made.store.objects, facts_of(made.dataset, learning, CPU)
    alone = learn(objects, facts, learning, CPU, exchange=(exchange := Noting(2)))
    for share in range(2):
        worker = OneOfSome(range(share, share + 1), exchange.given)
        assert learn(objects, facts, learning, CPU, exchange=worker) == alone
