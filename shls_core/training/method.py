"""What training needs to know of a method."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from shls_core.training.batch import TrainingBatch
from shls_core.training.phases import ONE_PHASE, Phase


@runtime_checkable
class TrainableMethod(Protocol):
    """A method that learns from batches of sequences. Inherit from it for one phase, and no `after_step`.

    Attributes
    ----------
    network : torch.nn.Module
        The weights to be trained.
    phases : tuple of Phase
        Parts of the run, in the order of their steps.
    """

    network: nn.Module
    phases: tuple[Phase, ...] = ONE_PHASE

    def loss(self, batch: TrainingBatch, step: int) -> Mapping[str, Float[Tensor, ""]]:
        """Return the terms of the loss of a step, from 0, by name; their plain sum is minimised."""

    def after_step(self, step: int) -> None:
        """Do what follows the optimiser's step, before weights are averaged: of a momentum encoder, its own.

        What it changes belongs to the state of `network`: nothing else is saved.
        """
        return
