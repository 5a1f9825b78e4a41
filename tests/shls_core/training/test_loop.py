import math

import numpy as np
import pytest
import torch
from torch import nn

from shls_core.errors import InputError, TrainingDiverged
from shls_core.network.config import NetworkConfig
from shls_core.network.shls_network import new_network
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import TrainedWeights, train
from shls_core.training.shls_method import ShlsMethod
from shls_core.training.step import StepMetrics
from shls_core.training.weights import weights_digest

SIZE, CELL = 16, 4
CELLS = (np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL).astype(np.uint16)


def square_batches(count: int) -> list[TrainingBatch]:
    """Bright squares on dark noise, two sequences of two frames in every batch."""
    rng = np.random.default_rng(0)
    batches = []
    for _ in range(count):
        frames = rng.integers(0, 80, size=(2, 2, SIZE, SIZE, 3), dtype=np.uint8)
        masks = np.zeros((2, 2, SIZE, SIZE), dtype=np.uint8)
        masks[..., 4:12, 4:12] = 1
        frames[masks == 1] += 150
        batches.append(TrainingBatch(frames, np.broadcast_to(CELLS, masks.shape), masks))
    return batches


def shls(seed: int = 0) -> ShlsMethod:
    config = NetworkConfig(width_multiplier=0.0625, superfeature_size=8)
    return ShlsMethod(new_network(config, seed), TrainingConfig(temperature=0.1))


def run(config: TrainingConfig, seed: int = 0) -> tuple[TrainedWeights, list[StepMetrics]]:
    metrics: list[StepMetrics] = []
    return train(shls(seed), square_batches(config.steps), config, metrics.append), metrics


def test_loss_falls():
    _, metrics = run(TrainingConfig(steps=30, learning_rate=3e-3, num_threads=1))
    assert [m.step for m in metrics] == list(range(1, 31))
    assert all(m.loss == m.terms["nt_xent"] for m in metrics)
    assert np.mean([m.loss for m in metrics[-5:]]) < 0.5 * metrics[0].loss


def test_repeats_bit_for_bit():
    config = TrainingConfig(steps=5, learning_rate=1e-2, num_threads=1)
    first, again, other = run(config)[0], run(config)[0], run(config, seed=1)[0]
    for state in ("averaged", "last"):
        assert weights_digest(getattr(first, state)) == weights_digest(getattr(again, state))
        assert weights_digest(getattr(first, state)) != weights_digest(getattr(other, state))


def test_settings_of_torch_are_restored():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    inside = []
    config = TrainingConfig(steps=1, num_threads=before[0] + 1)
    train(shls(), square_batches(1), config, lambda _: inside.append(torch.get_num_threads()))
    assert inside == [before[0] + 1]
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_average_without_decay_is_the_last_state():
    weights, _ = run(TrainingConfig(steps=3, ema_decay=0.0, num_threads=1))
    assert weights_digest(weights.averaged) == weights_digest(weights.last)


def test_no_more_batches_are_taken_than_steps():
    batches = iter(square_batches(3))
    train(shls(), batches, TrainingConfig(steps=2, num_threads=1), lambda _: None)
    assert len(list(batches)) == 1


def test_too_few_batches_are_an_error():
    with pytest.raises(InputError, match="expected 3 batches, got 2"):
        train(shls(), square_batches(2), TrainingConfig(steps=3, num_threads=1), lambda _: None)


class Parabola:
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


def test_any_method_can_be_trained():
    metrics: list[StepMetrics] = []
    config = TrainingConfig(steps=2, learning_rate=0.5, ema_decay=0.0, gradient_clip=1.0)
    weights = train(Parabola(), square_batches(2), config, metrics.append)
    assert metrics[0] == StepMetrics(1, 10_001.0, {"square": 10_000.0, "offset": 1.0}, 0.5, 200.0)
    assert weights.last["weight"].item() == pytest.approx(99.0, abs=1e-3)


def test_divergence_names_step_and_loss():
    seen: list[StepMetrics] = []
    with pytest.raises(TrainingDiverged, match=r"got loss nan .* \(step 3\)"):
        train(Parabola(breaks_at=3), square_batches(5), TrainingConfig(steps=5), seen.append)
    assert len(seen) == 2
    assert not torch.are_deterministic_algorithms_enabled()
