"""A small method and batches that come from a step on, for whoever trains."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.training_loss import ShlsMethod
from shls_core.training.batch import TrainingBatch

SIZE, CELL = 16, 4
CELLS = (np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL).astype(np.uint16)


def square_batch(step: int) -> TrainingBatch:
    """Bright squares on dark noise, two sequences of two frames; the noise depends on the step alone."""
    rng = np.random.default_rng(step)
    frames = rng.integers(0, 80, size=(2, 2, SIZE, SIZE, 3), dtype=np.uint8)
    masks = np.zeros((2, 2, SIZE, SIZE), dtype=np.uint8)
    masks[..., 4:12, 4:12] = 1
    frames[masks == 1] += 150
    return TrainingBatch(frames, np.broadcast_to(CELLS, masks.shape), masks)


@pytest.fixture
def batches_from() -> Callable[[int], Iterator[TrainingBatch]]:
    """Return a function that gives the endless batches from a step, counted from 0, on."""

    def endless(first_step: int = 0) -> Iterator[TrainingBatch]:
        while True:
            yield square_batch(first_step)
            first_step += 1

    return endless


@pytest.fixture
def small_shls() -> Callable[[int], ShlsMethod]:
    """Return a function that gives SHLS with a small network of some seed."""
    config = NetworkConfig(width_multiplier=0.0625, superfeature_size=8)
    return lambda seed=0: ShlsMethod(new_network(ShlsNetwork, config, seed), ShlsConfig(temperature=0.1))
