"""DUL learns correspondence on toys whose truth is known."""

import numpy as np
import pytest
import torch

from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.dul.dense_features import DulDenseFeatures
from shls_core.methods.dul.network import new_network
from shls_core.methods.dul.training_loss import DulMethod
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train

pytestmark = pytest.mark.slow

SIDE, REACH = 89, 19
TOY = DulConfig(
    network=DulNetworkConfig(width_multiplier=0.25),
    views=ViewsConfig(num_frames=3, crop=SIDE),
    grid=4,
    cross_view_grid=2,
)
TRAINING = TrainingConfig(
    steps=300, batch_size=4, learning_rate=1e-3, schedule="cosine", gradient_clip=1e9, ema_decay=0.0
)


def texture(rng, side):
    """Random colours in squares of four pixels."""
    squares = rng.integers(0, 256, (side // 4 + 1, side // 4 + 1, 3), dtype=np.uint8)
    return np.repeat(np.repeat(squares, 4, axis=0), 4, axis=1)[:side, :side]


def clip(rng, num_frames=3):
    """Windows of one texture at random places, and the places."""
    ground = texture(rng, SIDE + 2 * REACH)
    places = rng.integers(0, 2 * REACH + 1, (num_frames, 2))
    frames = np.stack([ground[top : top + SIDE, left : left + SIDE] for top, left in places])
    return frames, places


def batches(seed):
    step = 0
    while True:
        rng = np.random.default_rng((seed, step))
        yield TrainingBatch(frames=np.stack([clip(rng)[0] for _ in range(4)]))
        step += 1


def found_share(network, seed):
    """The share of cells whose most similar cell in another frame is within one cell of the truth."""
    features = DulDenseFeatures(network, "layer4")
    shares = []
    for number in range(4):
        frames, places = clip(np.random.default_rng((seed, number)), num_frames=2)
        maps = [torch.nn.functional.normalize(features.encode(frame).flatten(1), dim=0) for frame in frames]
        cells = -(-SIDE // 8)
        best = (maps[0].T @ maps[1]).argmax(dim=1).numpy()
        rows, columns = np.mgrid[:cells, :cells].reshape(2, -1)
        shift = (places[0] - places[1]) / 8
        there = np.stack([rows + shift[0], columns + shift[1]])
        inside = ((there >= 0) & (there <= cells - 1)).all(axis=0)
        off = np.abs(np.stack(np.divmod(best, cells)) - there).max(axis=0)
        shares.append((off[inside] <= 1).mean())
    return float(np.mean(shares))


def trained(config, seed):
    network = new_network(config.network, seed)
    losses = []
    train(DulMethod(network, config), batches(seed), TRAINING, lambda row: losses.append(row.terms))
    return network, losses


def test_it_finds_the_same_place_in_another_frame():
    """Untrained: .15 of the cells; chance: .06."""
    untrained = found_share(new_network(TOY.network, 0), seed=100)
    network, losses = trained(TOY, seed=0)
    assert untrained < 0.3
    assert found_share(network, seed=100) > 0.6
    assert losses[-1]["space_time"] < losses[0]["space_time"] / 2


def place_code(network):
    """How much more alike equal cells of different clips are than different cells."""
    features = DulDenseFeatures(network, "layer4")
    maps = []
    for number in range(6):
        frames, _ = clip(np.random.default_rng((200, number)), num_frames=1)
        maps.append(torch.nn.functional.normalize(features.encode(frames[0]).flatten(1), dim=0).T)
    cosines = [one @ other.T for n, one in enumerate(maps) for other in maps[n + 1 :]]
    mean = torch.stack(cosines).mean(dim=0)
    cells = len(mean)
    same = mean.diagonal().mean()
    return float(same - (mean.sum() - mean.diagonal().sum()) / (cells * (cells - 1)))


def test_without_the_other_view_it_learns_a_code_of_place():
    views = TOY.views.model_copy(update={"regularise": False})
    collapsed, _ = trained(TOY.model_copy(update={"views": views, "anchor_jitter": "none"}), seed=0)
    healthy, _ = trained(TOY, seed=0)
    assert place_code(collapsed) > 3 * abs(place_code(healthy))
