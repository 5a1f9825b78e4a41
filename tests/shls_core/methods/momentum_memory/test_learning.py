"""Momentum memory learns correspondence from colours alone, on clips whose truth is known.

The clips are windows of pictures of small squares in random colours, moved by whole pixels, with noise.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from shls_core.methods.momentum_memory.config import (
    MomentumMemoryConfig,
    MomentumNetworkConfig,
    ViewsConfig,
)
from shls_core.methods.momentum_memory.dense_features import MomentumDenseFeatures
from shls_core.methods.momentum_memory.lab import lab_of
from shls_core.methods.momentum_memory.losses import at_cells
from shls_core.methods.momentum_memory.network import MomentumNetwork
from shls_core.methods.momentum_memory.training_loss import MomentumMemoryMethod
from shls_core.methods.momentum_memory.window_attention import window_attention
from shls_core.methods.network_weights import new_network
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from tasks.runs.bfloat16 import computes_bfloat16

HAS_BFLOAT16 = computes_bfloat16(torch.device("cpu"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HAS_BFLOAT16, reason="minutes on a processor with bfloat16, an hour without"),
]

SIDE, REACH, GRAIN, WINDOW = 93, 10, 4, 6
CELLS = -(-SIDE // 4)


def toy(steps: int, **changes) -> tuple[MomentumMemoryConfig, TrainingConfig]:
    config = MomentumMemoryConfig(
        network=MomentumNetworkConfig(width_multiplier=0.25),
        views=ViewsConfig(num_frames=4, crop=SIDE),
        window=WINDOW,
        memory_from=steps * 2 // 3,
        memory_learning_rate=5e-4,
        num_references=3,
        **changes,
    )
    training = TrainingConfig(
        steps=steps,
        batch_size=4,
        learning_rate=1e-3,
        schedule="cosine",
        warmup_steps=10,
        ema_decay=0.0,
        precision="bf16",
        num_threads=1,
    )
    return config, training


def clip(rng: np.random.Generator, num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames, and where in the picture each begins: never more than the window apart."""
    count = -(-(SIDE + 2 * REACH) // GRAIN)
    picture = rng.uniform(0, 1, (count, count, 3)).repeat(GRAIN, axis=0).repeat(GRAIN, axis=1)
    places = rng.integers(0, 2 * REACH + 1, (num_frames, 2))
    frames = [picture[y : y + SIDE, x : x + SIDE] for y, x in places]
    noisy = [255 * (frame + rng.normal(0, 0.03, frame.shape)).clip(0, 1) for frame in frames]
    return np.stack(noisy).astype(np.uint8), places


def batches() -> Iterator[ClipBatch]:
    """Endless batches, no clip twice."""
    step = 0
    while True:
        rng = np.random.default_rng((0, step))
        yield ClipBatch(frames=np.stack([clip(rng, 4)[0] for _ in range(4)]))
        step += 1


def learned(config: MomentumMemoryConfig, training: TrainingConfig) -> MomentumNetwork:
    network = new_network(MomentumNetwork, config.network, seed=0)
    train(MomentumMemoryMethod(network, config), batches(), training, lambda row: None)
    return network


def pairs(network: MomentumNetwork, config: MomentumMemoryConfig):
    """Vectors of a frame, vectors of its reference, their colours, and how far it is moved, in cells."""
    query, reference = (MomentumDenseFeatures(network, name).encode for name in ("embedding", "momentum"))
    for number in range(6):
        frames, places = clip(np.random.default_rng((100, number)), num_frames=2)
        vectors = [
            encode(frame).permute(1, 2, 0) for encode, frame in zip((query, reference), frames, strict=True)
        ]
        if config.similarity == "cosine":
            vectors = [torch.nn.functional.normalize(one, dim=2) for one in vectors]
            vectors[0] = vectors[0] / config.temperature
        colours = at_cells(lab_of(torch.from_numpy(frames))[:, 1:]).permute(0, 2, 3, 1)
        yield *vectors, colours, (places[0] - places[1]) / 4


def found_share(network: MomentumNetwork, config: MomentumMemoryConfig) -> float:
    """The share of cells whose most similar cell in the window of a reference is within one of the truth."""
    shares = []
    rows, columns = np.divmod(np.arange(CELLS**2), CELLS)
    is_near = (np.abs(rows[:, None] - rows) <= WINDOW) & (np.abs(columns[:, None] - columns) <= WINDOW)
    for query, reference, _, offset in pairs(network, config):
        products = (query.flatten(0, 1) @ reference.flatten(0, 1).T).numpy()
        best = np.where(is_near, products, -np.inf).argmax(axis=1)
        there = np.stack([rows, columns]) + offset[:, None]
        inside = ((there >= 0) & (there <= CELLS - 1)).all(axis=0)
        off = np.abs(np.stack(np.divmod(best, CELLS)) - there).max(axis=0)
        shares.append((off[inside] <= 1).mean())
    return float(np.mean(shares))


def colour_error(network: MomentumNetwork, config: MomentumMemoryConfig) -> tuple[float, float]:
    """Mean error of reconstructed colours, and of the colours of the same cell of the reference."""
    errors = []
    for query, reference, colours, _ in pairs(network, config):
        found = window_attention(query[None], reference[None, None], colours[None, None, 1], WINDOW)[0]
        errors.append([float((one - colours[0]).abs().mean()) for one in (found, colours[1])])
    reconstructed, copied = np.mean(errors, axis=0)
    return float(reconstructed), float(copied)


@pytest.mark.parametrize(("similarity", "steps"), [("dot", 150), ("cosine", 60)])
def test_it_finds_cells_and_colours_in_another_frame(similarity, steps):
    config, training = toy(steps, similarity=similarity)
    untrained, trained = new_network(MomentumNetwork, config.network, 0), learned(config, training)
    shares = [found_share(network, config) for network in (untrained, trained)]
    before, copied = colour_error(untrained, config)
    after, _ = colour_error(trained, config)
    assert shares[1] > shares[0] + 0.3
    assert after < 0.85 * min(before, copied)
