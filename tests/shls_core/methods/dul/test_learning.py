"""DUL learns correspondence on clips whose truth is known, and a code of place without its other view.

The clips are windows of pictures of coloured regions, moved by whole pixels, with noise.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.dul.dense_features import DulDenseFeatures
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.dul.training_loss import DulMethod
from shls_core.methods.network_weights import new_network
from shls_core.metrics.region import region_similarity
from shls_core.propagation.interface import propagate
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_propagator import LabelPropagator
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from tasks.runs.bfloat16 import computes_bfloat16

HAS_BFLOAT16 = computes_bfloat16(torch.device("cpu"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HAS_BFLOAT16, reason="minutes on a processor with bfloat16, an hour without"),
]

SIDE, REACH, REGION = 89, 19, 24
CELLS = -(-SIDE // 8)
TOY = DulConfig(
    network=DulNetworkConfig(width_multiplier=0.25),
    views=ViewsConfig(num_frames=3, crop=SIDE),
    grid=4,
    cross_view_grid=4,
)
TRAINING = TrainingConfig(
    steps=200,
    batch_size=4,
    learning_rate=1e-3,
    betas=(0.5, 0.999),
    schedule="cosine",
    gradient_clip=1e9,
    ema_decay=0.0,
    precision="bf16",
    num_threads=1,
)


def regions(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3), 0..1: the cells of random points, each in a colour, under grains of four pixels."""
    points = rng.uniform(0, side, ((side // REGION) ** 2, 2))
    pixels = np.stack(np.mgrid[:side, :side], axis=2)[:, :, None]
    nearest = ((pixels - points) ** 2).sum(axis=3).argmin(axis=2)
    grains = rng.uniform(-0.2, 0.2, (-(-side // 4), -(-side // 4), 3)).repeat(4, axis=0).repeat(4, axis=1)
    return rng.uniform(0, 1, (len(points), 3))[nearest] + grains[:side, :side]


def noisy(rng: np.random.Generator, frame: np.ndarray) -> np.ndarray:
    """One frame in bytes, with noise of its own."""
    return (255 * (frame + rng.normal(0, 0.05, frame.shape)).clip(0, 1)).astype(np.uint8)


def clip(rng: np.random.Generator, num_frames: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Frames, and where in the picture each begins."""
    picture = regions(rng, SIDE + 2 * REACH)
    places = rng.integers(0, 2 * REACH + 1, (num_frames, 2))
    return np.stack([noisy(rng, picture[y : y + SIDE, x : x + SIDE]) for y, x in places]), places


def covered(rng: np.random.Generator, num_frames: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Frames of a disc with regions of its own that jumps over a moving picture, and its masks."""
    frames, _ = clip(rng, num_frames)
    disc = noisy(rng, regions(rng, 96))
    radius, (y, x) = rng.uniform(22, 30), rng.uniform(32, SIDE - 32, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    masks = []
    for frame in frames:
        mask = (rows - round(y)) ** 2 + (columns - round(x)) ** 2 < radius**2
        frame[mask] = disc[rows[mask] - round(y) + 48, columns[mask] - round(x) + 48]
        masks.append(mask.astype(np.uint8))
        y, x = np.clip(np.array([y, x]) + rng.uniform(-40, 40, 2), 28, SIDE - 28)
    return frames, np.stack(masks)


def batches(seed: int) -> Iterator[TrainingBatch]:
    """Endless batches, no clip twice."""
    step = 0
    while True:
        rng = np.random.default_rng((seed, step))
        yield TrainingBatch(frames=np.stack([clip(rng)[0] for _ in range(TRAINING.batch_size)]))
        step += 1


def trained(config: DulConfig, seed: int) -> tuple[DulNetwork, list[float]]:
    """A network after training on the toy, and the space-time term of every step."""
    network, terms = new_network(DulNetwork, config.network, seed), []
    train(
        DulMethod(network, config), batches(seed), TRAINING, lambda row: terms.append(row.terms["space_time"])
    )
    return network, terms


@pytest.fixture(scope="module")
def learned() -> tuple[DulNetwork, list[float]]:
    return trained(TOY, seed=0)


def vectors(network: DulNetwork, frame: np.ndarray, features: str = "layer4") -> torch.Tensor:
    """Unit features of a frame, one row a cell."""
    encode = DulDenseFeatures(network, features).encode
    return torch.nn.functional.normalize(encode(frame).flatten(1), dim=0).T


def found_share(network: DulNetwork) -> float:
    """The share of cells whose most similar cell in another frame is within one cell of the truth."""
    shares = []
    for number in range(8):
        frames, places = clip(np.random.default_rng((100, number)), num_frames=2)
        one, other = (vectors(network, frame) for frame in frames)
        best = (one @ other.T).argmax(dim=1).numpy()
        there = np.stack(np.divmod(np.arange(CELLS**2), CELLS)) + (places[0] - places[1])[:, None] / 8
        inside = ((there >= 0) & (there <= CELLS - 1)).all(axis=0)
        off = np.abs(np.stack(np.divmod(best, CELLS)) - there).max(axis=0)
        shares.append((off[inside] <= 1).mean())
    return float(np.mean(shares))


def place_code(network: DulNetwork) -> float:
    """How much more alike equal cells of different clips are than different cells of different clips."""
    pictures = [clip(np.random.default_rng((200, number)), 1)[0][0] for number in range(8)]
    maps = [vectors(network, picture, "embedding") for picture in pictures]
    cosines = [one @ other.T for n, one in enumerate(maps) for other in maps[n + 1 :]]
    mean = torch.stack(cosines).mean(dim=0)
    same = mean.diagonal().mean()
    return float(same - (mean.sum() - mean.diagonal().sum()) / (CELLS**2 * (CELLS**2 - 1)))


def carried(network: DulNetwork) -> float:
    """Mean J of discs, carried from the first frame by label propagation."""
    overlaps = []
    for number in range(8):
        frames, masks = covered(np.random.default_rng((300, number)))
        propagator = LabelPropagator(DulDenseFeatures(network, "layer4"), LabelPropagationConfig())
        found = propagate(propagator, frames, masks[0])
        overlaps += [
            region_similarity(one > 0, mask > 0) for one, mask in zip(found[1:], masks[1:], strict=True)
        ]
    return float(np.mean(overlaps))


def test_it_finds_the_same_place_in_another_frame(learned):
    """Measured with three seeds: docs/methods/dul.md."""
    network, terms = learned
    assert found_share(network) > found_share(new_network(DulNetwork, TOY.network, 0)) + 0.2
    # Anchors of one clip are told apart: while they look alike, the term is ln 16.
    assert np.mean(terms[-25:]) < np.log(16) - 0.2


def test_it_carries_the_mask_of_a_disc_that_jumps(learned):
    assert carried(learned[0]) > carried(new_network(DulNetwork, TOY.network, 0)) + 0.05


def test_without_the_other_view_it_learns_a_code_of_place(learned):
    views = TOY.views.model_copy(update={"regularise": False})
    collapsed, _ = trained(TOY.model_copy(update={"views": views, "anchor_jitter": "none"}), seed=0)
    assert place_code(collapsed) > 2 * place_code(learned[0])
