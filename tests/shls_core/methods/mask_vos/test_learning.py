"""The mask branch learns to segment discs whose masks it is given, and nothing from masks of other clips.

The clips are those of DUL's toy: a disc with coloured regions of its own jumps over a picture of others.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from shls_core.methods.mask_vos.config import MaskVosConfig, MaskVosNetworkConfig, MaskVosViewsConfig
from shls_core.methods.mask_vos.dense_features import MaskVosDenseFeatures
from shls_core.methods.mask_vos.network import MaskVosNetwork
from shls_core.methods.mask_vos.propagator import MaskVosPropagator
from shls_core.methods.mask_vos.training_loss import MaskVosMethod
from shls_core.methods.network_weights import new_network
from shls_core.metrics.region import region_similarity
from shls_core.propagation.interface import MaskPropagator, propagate
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
TOY = MaskVosConfig(
    network=MaskVosNetworkConfig(width_multiplier=0.25, decoder_width=0.25),
    views=MaskVosViewsConfig(crop=SIDE, long_gap=2),
    grid=4,
    cross_view_grid=4,
    correspondence="dul",
    cross_view_weight=1.0,
    pseudo_masks="shards",
)
TRAINING = TrainingConfig(
    steps=300,
    batch_size=4,
    learning_rate=1e-3,
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


def clip(rng: np.random.Generator, num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames of a disc that jumps over a moving picture, and its masks."""
    picture, disc = regions(rng, SIDE + 2 * REACH), regions(rng, 96)
    radius, (y, x) = rng.uniform(22, 30), rng.uniform(32, SIDE - 32, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    frames, masks = [], []
    for top, left in rng.integers(0, 2 * REACH + 1, (num_frames, 2)):
        frame = picture[top : top + SIDE, left : left + SIDE].copy()
        mask = (rows - round(y)) ** 2 + (columns - round(x)) ** 2 < radius**2
        frame[mask] = disc[rows[mask] - round(y) + 48, columns[mask] - round(x) + 48]
        frames.append((255 * (frame + rng.normal(0, 0.05, frame.shape)).clip(0, 1)).astype(np.uint8))
        masks.append(mask.astype(np.uint8))
        y, x = np.clip(np.array([y, x]) + rng.uniform(-40, 40, 2), 28, SIDE - 28)
    return np.stack(frames), np.stack(masks)


def batches(seed: int, shuffles: bool) -> Iterator[TrainingBatch]:
    """Endless batches, no clip twice; perhaps with the masks of other clips."""
    step = 0
    while True:
        rng = np.random.default_rng((seed, step))
        frames, masks = zip(*(clip(rng, 3) for _ in range(TRAINING.batch_size)), strict=True)
        if shuffles:
            masks = masks[1:] + masks[:1]
        yield TrainingBatch(frames=np.stack(frames), masks=np.stack(masks))
        step += 1


def trained(shuffles: bool) -> MaskVosNetwork:
    network = new_network(MaskVosNetwork, TOY.network, seed=0)
    train(MaskVosMethod(network, TOY), batches(0, shuffles), TRAINING, lambda row: None)
    return network


def overlap(propagator: MaskPropagator) -> float:
    """Mean J of discs that were never seen, carried from the first frame."""
    found = []
    for number in range(8):
        frames, masks = clip(np.random.default_rng((300, number)), 5)
        carried = propagate(propagator, frames, masks[0])
        found += [
            region_similarity(one > 0, mask > 0) for one, mask in zip(carried[1:], masks[1:], strict=True)
        ]
    return float(np.mean(found))


def overlaps(network: MaskVosNetwork) -> tuple[float, float]:
    """Mean J of decoded masks, and of masks that the same keys carry."""
    warped = LabelPropagator(
        MaskVosDenseFeatures(network, "embedding"), LabelPropagationConfig(features="embedding")
    )
    return overlap(MaskVosPropagator(network, TOY.use)), overlap(warped)


def test_decoded_masks_are_better_than_carried_ones():
    """Measured: docs/methods/mask_vos.md."""
    decoded, carried = overlaps(trained(shuffles=False))
    assert decoded > carried + 0.03, (decoded, carried)


def test_masks_of_other_clips_teach_nothing():
    decoded, carried = overlaps(trained(shuffles=True))
    assert decoded < carried, (decoded, carried)
