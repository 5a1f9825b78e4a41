"""Configuration of a training run."""

from typing import Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig


class TrainingConfig(FrozenConfig):
    """How weights are learned from batches of pseudo-sequences."""

    steps: int = Field(default=20_000, ge=1)
    """Optimiser steps, one batch each."""

    batch_size: int = Field(default=4, ge=1)
    """Pseudo-sequences in a batch."""

    learning_rate: float = Field(default=1e-4, gt=0.0, le=1.0)
    """Highest learning rate of Adam (the authors ran SHLS at 1e-4)."""

    schedule: Literal["constant", "cosine"] = "constant"
    """Learning rate after the warm-up: held, or falling to 0 along half a cosine."""

    warmup_steps: int = Field(default=0, ge=0)
    """Steps over which the learning rate rises linearly to its highest."""

    temperature: float = Field(default=0.07, gt=0.0, le=10.0)
    """Temperature of NT-Xent (SHLS: 0.07)."""

    gradient_clip: float = Field(default=5.0, gt=0.0)
    """Largest Euclidean length of the gradient over all weights; longer ones are scaled down."""

    ema_decay: float = Field(default=0.999, ge=0.0, lt=1.0)
    """Decay per step of the moving average of the weights; 0 keeps the last weights."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of the initial weights and of the order of batches."""

    num_threads: int = Field(default=2, ge=1, le=1024)
    """Threads of torch. On CPU the bits of the weights depend on it: it is part of a run's identity."""
