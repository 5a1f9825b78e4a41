"""Videos of discs over noise, for tests of adaptation."""

from types import SimpleNamespace

import numpy as np
import pytest

SIDE = 64


def disc(row, column, radius, side=SIDE):
    rows, columns = np.mgrid[:side, :side]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def moving_disc(count, seed=0, colour=(200, 90, 60), start=(20, 14), pace=(1.0, 1.6), radius=11):
    """Frames and true masks of a disc with a colour of its own that moves over noise."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(40, 150, (SIDE, SIDE, 3))
    frames, masks = [], []
    for number in range(count):
        there = disc(start[0] + pace[0] * number, start[1] + pace[1] * number, radius)
        pixels = np.where(there[..., None], np.array(colour) + rng.integers(-40, 40, (SIDE, SIDE, 3)), ground)
        frames.append(np.clip(pixels, 0, 255).astype(np.uint8))
        masks.append(there.astype(np.uint8))
    return frames, masks


def with_wandering_errors(masks, share=0.1, seed=0):
    """Masks in which a blob that wanders swaps object and background in a share of all pixels."""
    rng = np.random.default_rng(seed)
    place, spoilt = rng.uniform(0, SIDE, 2), [masks[0]]
    radius = np.sqrt(share * SIDE**2 / np.pi)
    for mask in masks[1:]:
        place = np.clip(place + rng.normal(0, 8, 2), radius, SIDE - radius)
        spoilt.append(np.where(disc(*place, radius), 1 - mask, mask).astype(np.uint8))
    return spoilt


def overlap(found, true):
    """Mean J of the frames after the first."""
    return float(
        np.mean([(a & b).sum() / max(1, (a | b).sum()) for a, b in zip(found, true, strict=True)][1:])
    )


@pytest.fixture(scope="session")
def toy():
    return SimpleNamespace(
        moving_disc=moving_disc, with_wandering_errors=with_wandering_errors, overlap=overlap
    )
