"""The split into photographs for training and held-out ones: a pure function of the scene."""

from typing import Final, Literal

import pydantic

from shls_core.frozen import FrozenConfig
from shls_core.seeding import generator

Split = Literal["train", "held_out"]
TRAIN: Final = "train"
HELD_OUT: Final = "held_out"


class HeldOutConfig(FrozenConfig):
    """The part of the photographs that training never sees, and the sequences made from it."""

    share: float = pydantic.Field(default=0.05, ge=0, lt=1)
    """Share of the scenes, 0..1, that are held out. Each scene is drawn independently, so that adding one
    moves no other."""
    seed: int = pydantic.Field(default=0, ge=0)
    """Seed of that draw."""
    num_frames: int = pydantic.Field(default=8, ge=3)
    """Frames of a held-out sequence; the first and the last are not scored."""
    sequences_per_template: int = pydantic.Field(default=1, ge=1)
    """Held-out sequences made from every template."""


def split_of(scene: str, config: HeldOutConfig) -> Split:
    """Return the side on which the photographs of a scene lie."""
    return HELD_OUT if generator(config.seed, "split", scene).random() < config.share else TRAIN
