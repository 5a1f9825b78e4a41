"""What training needs of a method."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from shls_core.training.batch import TrainingBatch
from shls_core.training.phases import ONE_PHASE, Phase


@runtime_checkable
class TrainableMethod(Protocol):
    """A method that learns from batches of sequences. Inherit from it to have one phase and no `after_step`.

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
        """Return the terms of the loss of a step, counted from 0, by name; their plain sum is minimised."""

    def after_step(self, step: int) -> None:
        """Run after the optimiser's step, before weights are averaged: for example, step a momentum encoder.

        It may change only the state of `network`, because nothing else is saved.
        """
        return
