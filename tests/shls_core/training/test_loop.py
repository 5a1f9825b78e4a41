import math
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from shls_core.errors import InputError, TrainingDiverged
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import TrainedWeights, train
from shls_core.training.method import TrainableMethod
from shls_core.training.step import StepMetrics
from shls_core.training.weights import weights_digest


@pytest.fixture
def run(small_shls, batches_from) -> Callable[..., tuple[TrainedWeights, nn.Module, list[StepMetrics]]]:
    """Return a function that trains and gives the weights, the network and the figures of every step."""

    def trained(config: TrainingConfig, seed: int = 0):
        method, metrics = small_shls(seed), []
        return train(method, batches_from(), config, metrics.append), method.network, metrics

    return trained


def test_loss_falls(run):
    *_, metrics = run(TrainingConfig(steps=30, learning_rate=3e-3, num_threads=1))
    assert [m.step for m in metrics] == list(range(1, 31))
    assert all(m.loss == m.terms["nt_xent"] for m in metrics)
    assert np.mean([m.loss for m in metrics[-5:]]) < 0.5 * metrics[0].loss


def test_repeats_bit_for_bit(run):
    config = TrainingConfig(steps=5, learning_rate=1e-2, num_threads=1)

    def digests(seed):
        weights, network, _ = run(config, seed)
        return [weights_digest(weights.averaged), weights_digest(network.state_dict())]

    first, again, other = digests(0), digests(0), digests(1)
    assert first == again
    assert not {*first} & {*other}


def test_deterministic_kernels_run_inside_and_settings_of_torch_are_restored(
    small_shls, batches_from, monkeypatch
):
    def settings():
        deterministic = torch.are_deterministic_algorithms_enabled()
        return torch.get_num_threads(), deterministic, torch.backends.cudnn.benchmark

    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    before, inside = settings(), []
    config = TrainingConfig(steps=1, num_threads=before[0] + 1)
    train(small_shls(0), batches_from(), config, lambda _: inside.append(settings()))
    assert inside == [(before[0] + 1, True, False)]
    assert settings() == before == (before[0], False, True)


def test_average_without_decay_is_the_last_state(run):
    weights, network, _ = run(TrainingConfig(steps=3, ema_decay=0.0, num_threads=1))
    assert weights_digest(weights.averaged) == weights_digest(network.state_dict())


def test_no_more_batches_are_taken_than_steps(small_shls, batches_from):
    batches = islice(batches_from(), 3)
    train(small_shls(0), batches, TrainingConfig(steps=2, num_threads=1), lambda _: None)
    assert len(list(batches)) == 1


def test_too_few_batches_are_an_error(small_shls, batches_from):
    config = TrainingConfig(steps=3, num_threads=1)
    with pytest.raises(InputError, match="expected 3 batches, got 2"):
        train(small_shls(0), islice(batches_from(), 2), config, lambda _: None)


class Parabola(TrainableMethod):
    """Another method: it minimises w^2 and breaks at a chosen step."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.network.weight, 100.0)
        self.breaks_at, self.calls = breaks_at, 0

    def loss(self, batch: TrainingBatch, step: int) -> dict[str, torch.Tensor]:
        self.calls += 1
        square = self.network.weight.square().sum()
        return {
            "square": square * (math.nan if self.calls == self.breaks_at else 1.0),
            "offset": torch.tensor(1.0),
        }


def test_any_method_can_be_trained(batches_from):
    metrics: list[StepMetrics] = []
    config = TrainingConfig(steps=2, learning_rate=0.5, ema_decay=0.0, gradient_clip=1.0)
    method = Parabola()
    train(method, batches_from(), config, metrics.append)
    assert metrics[0] == StepMetrics(1, 10_001.0, {"square": 10_000.0, "offset": 1.0}, 0.5, 200.0)
    assert method.network.weight.item() == pytest.approx(99.0, abs=1e-3)


def test_divergence_names_step_and_loss(batches_from):
    seen: list[StepMetrics] = []
    with pytest.raises(TrainingDiverged, match=r"got loss nan .* \(step 3\)"):
        train(Parabola(breaks_at=3), batches_from(), TrainingConfig(steps=5), seen.append)
    assert len(seen) == 2
    assert not torch.are_deterministic_algorithms_enabled()
