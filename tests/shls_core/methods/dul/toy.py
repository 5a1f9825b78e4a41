"""Clips whose truth is known: windows of one picture of coloured regions, moved, each frame in its own light."""

from collections.abc import Iterator

import numpy as np
import torch

from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.dul.dense_features import DulDenseFeatures
from shls_core.methods.dul.network import DulNetwork, new_network
from shls_core.methods.dul.training_loss import DulMethod
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train

SIDE, REACH, REGION = 89, 19, 24
CELLS = -(-SIDE // 8)
TOY = DulConfig(
    network=DulNetworkConfig(width_multiplier=0.25),
    views=ViewsConfig(num_frames=3, crop=SIDE),
    grid=4,
    cross_view_grid=4,
)
TRAINING = TrainingConfig(
    steps=300,
    batch_size=4,
    learning_rate=1e-3,
    betas=(0.5, 0.999),
    schedule="cosine",
    gradient_clip=1e9,
    ema_decay=0.0,
)


def regions(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3), 0..1: the cells of random points, each in a colour, under fine grains."""
    points = rng.uniform(0, side, ((side // REGION) ** 2, 2))
    pixels = np.stack(np.mgrid[:side, :side], axis=2)[:, :, None]
    nearest = ((pixels - points) ** 2).sum(axis=3).argmin(axis=2)
    grains = rng.uniform(-0.2, 0.2, (-(-side // 4), -(-side // 4), 3)).repeat(4, axis=0).repeat(4, axis=1)
    return rng.uniform(0, 1, (len(points), 3))[nearest] + grains[:side, :side]


def lit(rng: np.random.Generator, frame: np.ndarray) -> np.ndarray:
    """One frame in a light of its own, with noise."""
    light = rng.uniform(0.6, 1.4, 3) * frame + rng.uniform(-0.2, 0.2, 3)
    return (255 * (light + rng.normal(0, 0.05, frame.shape)).clip(0, 1)).astype(np.uint8)


def clip(rng: np.random.Generator, num_frames: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Frames, and where in the picture each begins."""
    picture = regions(rng, SIDE + 2 * REACH)
    places = rng.integers(0, 2 * REACH + 1, (num_frames, 2))
    return np.stack([lit(rng, picture[y : y + SIDE, x : x + SIDE]) for y, x in places]), places


def batches(seed: int, batch_size: int = 4) -> Iterator[TrainingBatch]:
    """Endless batches, no clip twice."""
    step = 0
    while True:
        rng = np.random.default_rng((seed, step))
        yield TrainingBatch(frames=np.stack([clip(rng)[0] for _ in range(batch_size)]))
        step += 1


def trained(config: DulConfig, seed: int, training: TrainingConfig = TRAINING) -> tuple[DulNetwork, list]:
    """A network after training on the toy, and the terms of every step."""
    network, rows = new_network(config.network, seed), []
    train(DulMethod(network, config), batches(seed), training, lambda row: rows.append(row.terms))
    return network, rows


def vectors(network: DulNetwork, frame: np.ndarray) -> torch.Tensor:
    """Unit features of a frame, one row a cell."""
    features = DulDenseFeatures(network, "layer4")
    return torch.nn.functional.normalize(features.encode(frame).flatten(1), dim=0).T


def found_share(network: DulNetwork, seed: int = 100, clips: int = 8) -> float:
    """The share of cells whose most similar cell in another frame is within one cell of the truth."""
    shares = []
    for number in range(clips):
        frames, places = clip(np.random.default_rng((seed, number)), num_frames=2)
        one, other = (vectors(network, frame) for frame in frames)
        best = (one @ other.T).argmax(dim=1).numpy()
        there = np.stack(np.divmod(np.arange(CELLS**2), CELLS)) + (places[0] - places[1])[:, None] / 8
        inside = ((there >= 0) & (there <= CELLS - 1)).all(axis=0)
        off = np.abs(np.stack(np.divmod(best, CELLS)) - there).max(axis=0)
        shares.append((off[inside] <= 1).mean())
    return float(np.mean(shares))


def place_code(network: DulNetwork) -> float:
    """How much more alike equal cells of different clips are than different cells of different clips."""
    maps = [vectors(network, clip(np.random.default_rng((200, n)), 1)[0][0]) for n in range(8)]
    cosines = [one @ other.T for n, one in enumerate(maps) for other in maps[n + 1 :]]
    mean = torch.stack(cosines).mean(dim=0)
    same = mean.diagonal().mean()
    return float(same - (mean.sum() - mean.diagonal().sum()) / (CELLS**2 * (CELLS**2 - 1)))
