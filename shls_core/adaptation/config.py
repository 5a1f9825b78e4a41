"""Configuration of online adaptation."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.refinement_mode import bare_off

Mode = Literal["off", "after_video"]


class AdaptationConfig(FrozenConfig):
    """How a small network learns the objects of one video from propagated masks.

    The method is that of Zhu et al. (2020); the defaults are for a laptop. What was published, and our choice
    where nothing was, is in ``configs/ablations/stills/adaptation_published.yaml``.
    """

    mode: Annotated[Mode, BeforeValidator(bare_off)] = "off"
    """``after_video``: when masks are propagated through the whole video, a network learns from them, and its
    masks are the result. ``off``: the propagated masks are the result."""

    steps: int = Field(default=100, ge=1, le=100_000)
    """Optimiser steps for a video, in place of early stopping: with many more, the network learns the errors
    of the propagated masks, too (published: about 200, best between 150 and 250)."""

    batch: int = Field(default=4, ge=1, le=256)
    """Frames of a step."""

    size: int = Field(default=160, ge=32, le=2048)
    """Side in px of the square that frames are resized to (published: 480)."""

    learning_rate: float = Field(default=5e-3, gt=0.0, le=1.0)
    """Learning rate of Adam at the first step (published: 2e-4, at full width)."""

    decay_every: int = Field(default=50, ge=1)
    """Steps between two reductions of the learning rate (published: 50)."""

    decay: float = Field(default=0.5, gt=0.0, le=1.0)
    """Factor of a reduction."""

    early_weight: float = Field(default=0.7, ge=0.0, le=1.0)
    """How much less the last frame weighs than the first, whose weight is 1; it falls linearly, for errors of
    propagation accumulate."""

    given_weight: float = Field(default=2.0, gt=0.0, le=1000.0)
    """Weight of frames whose mask was given."""

    dice: float = Field(default=1.0, ge=0.0, le=100.0)
    """Weight of the Dice loss beside the cross entropy."""

    fuse: float = Field(default=0.5, ge=0.0, lt=1.0)
    """What is added to the network's share of the propagated label of a pixel before the largest share wins:
    another label has to be ahead by this much. 0: the network alone decides (published)."""

    width: float = Field(default=0.25, gt=0.0, le=4.0)
    """Factor on the channels of the U-Net; at 1 its encoder is a ResNet-18."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of the first weights and of all draws."""

    num_threads: int = Field(default=2, ge=1, le=1024)
    """Threads of torch while the network learns and is used; on a CPU they decide the last bits."""
