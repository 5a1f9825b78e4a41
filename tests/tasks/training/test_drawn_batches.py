"""Shares of a batch are read one by one, and together they are the batch."""

from itertools import islice

import numpy as np
import pytest

from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.shares_config import TrainingWithShares
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.drawn_batches import drawn_batches
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig

SHLS = ShlsConfig(network=NetworkConfig(width_multiplier=0.0625))
CPU = ExecutionConfig(backend="serial", device="cpu")


def learning(shares, source="stills"):
    method = SHLS
    if source == "clips":
        method = DulConfig(
            network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8),
            views=ViewsConfig(num_frames=3, crop=33, short_side=(36, 44)),
            grid=2,
            cross_view_grid=2,
        )
    training = TrainingWithShares(steps=2, batch_size=4, shares=shares, num_threads=1)
    return LearningConfig(method=method, training=training, source=source)


@pytest.mark.parametrize("source", ["stills", "clips"])
def test_the_shares_of_a_step_are_its_batch(source, staged, staged_clips):
    made = staged if source == "stills" else staged_clips

    def drawn(shares, own, count):
        batches = drawn_batches(made.store.objects, made.dataset, learning(shares, source), 1, own)
        return list(islice(batches, count))

    whole = drawn(1, range(1), 2)
    parts = drawn(4, range(4), 8)
    for step, batch in enumerate(whole):
        of_step = [part.frames for part in parts[4 * step : 4 * step + 4]]
        assert np.array_equal(np.concatenate(of_step), batch.frames)
    own = drawn(4, range(1, 3), 4)
    expected = [parts[1], parts[2], parts[5], parts[6]]
    assert all(np.array_equal(a.frames, b.frames) for a, b in zip(own, expected, strict=True))


def test_the_number_of_shares_is_a_fact_and_one_share_is_none(staged):
    one, two = (facts_of(staged.dataset, learning(shares), CPU) for shares in (1, 2))
    assert "shares" not in one["configuration"]["training"]
    assert two["configuration"]["training"]["shares"] == 2
    shared = ExecutionConfig(device="cpu", training_workers=2)
    assert facts_of(staged.dataset, learning(2), shared) == two
    weights = [
        learn(staged.store.objects, facts, learning(shares), CPU).record.weights
        for facts, shares in ((one, 1), (two, 2))
    ]
    assert weights[0] != weights[1]
