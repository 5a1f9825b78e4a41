"""Configuration of a training run."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shls_core.frozen import FrozenConfig

Decay = Annotated[float, Field(ge=0.0, lt=1.0)]


class TrainingConfig(FrozenConfig):
    """How weights are learned from batches, for every method."""

    steps: int = Field(default=20_000, ge=1)
    """Optimiser steps, one batch each."""

    batch_size: int = Field(default=4, ge=1)
    """Pseudo-sequences in a batch."""

    learning_rate: float = Field(default=1e-4, gt=0.0, le=1.0)
    """Highest learning rate (the authors ran SHLS at 1e-4)."""

    optimiser: Literal["adam", "sgd"] = "adam"
    """What follows the gradient: Adam, or stochastic gradient descent with a momentum of `betas`' first."""

    betas: tuple[Decay, Decay] = (0.9, 0.999)
    """Decay per step of Adam's two moving averages, of the gradient and of its square (DUL: .5 and .999)."""

    weight_decay: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of every weight that is added to its gradient; biases are exempt (DUL: 5e-4)."""

    bias_rate: float = Field(default=1.0, gt=0.0, le=100.0)
    """Factor on the learning rate of biases (DUL: 2)."""

    schedule: Literal["constant", "cosine", "step"] = "constant"
    """Learning rate after the warm-up: constant, falling to 0 along half a cosine, or multiplied by `decay`
    every `decay_every` steps."""

    decay_every: int = Field(default=10_000, ge=1)
    """Steps between two reductions of the learning rate, with ``schedule: step``."""

    decay: float = Field(default=0.5, gt=0.0, le=1.0)
    """Factor of a reduction of the learning rate, with ``schedule: step`` (DUL: .5)."""

    warmup_steps: int = Field(default=0, ge=0)
    """Steps over which the learning rate rises linearly to its highest, at the beginning of each phase."""

    gradient_clip: float = Field(default=5.0, gt=0.0)
    """Largest Euclidean length of the gradient over all weights; longer ones are scaled down."""

    precision: Literal["fp32", "bf16", "auto"] = "fp32"
    """Number format of the forward pass. ``bf16``: operations that tolerate it run in bfloat16 (autocast);
    weights, gradients and the optimiser stay in float32. ``auto``: ``bf16`` where the device has instructions
    for it, else ``fp32``; records have what was chosen."""

    ema_decay: float = Field(default=0.999, ge=0.0, lt=1.0)
    """Decay per step of the moving average of the weights; 0 keeps the last weights."""

    validate_every: int = Field(default=0, ge=0)
    """Steps between two validations of the averaged weights on held-out pseudo-sequences, by their J&F; the
    last step is validated, too. 0: never."""

    validation_sequences: int = Field(default=16, ge=1)
    """Held-out pseudo-sequences that a validation propagates through, spread evenly over all of them; all,
    if there are fewer."""

    checkpoint: Literal["best", "last"] = "last"
    """Which averaged weights are kept: those of the best validation (the first one on ties) or the last."""

    divergence_window: int = Field(default=100, ge=1)
    """Steps whose losses are averaged to detect divergence."""

    divergence_factor: float = Field(default=3.0, gt=1.0)
    """Training ends as diverged when the mean loss of a window is above that of the first window, and more
    than this factor times the smallest of any window."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of the initial weights and of the order of batches."""

    num_threads: int = Field(default=2, ge=1, le=1024)
    """Threads of torch. On CPU the bits of the weights depend on it: it is part of a run's identity."""

    @model_validator(mode="after")
    def _best_needs_validations(self) -> "TrainingConfig":
        if self.checkpoint == "best" and not self.validate_every:
            raise ValueError("expected validate_every > 0 with checkpoint: best, got 0")
        return self

    @model_validator(mode="after")
    def _warm_up_ends(self) -> "TrainingConfig":
        if self.warmup_steps > self.steps:
            raise ValueError(f"expected warmup_steps of at most {self.steps}, got {self.warmup_steps}")
        return self
