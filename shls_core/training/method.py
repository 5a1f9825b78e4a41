"""What training needs to know of a method."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from shls_core.training.batch import TrainingBatch


@runtime_checkable
class TrainableMethod(Protocol):
    """A method that learns from pseudo-sequences."""

    @property
    def network(self) -> nn.Module:
        """The weights to be trained."""

    def loss(self, batch: TrainingBatch, step: int) -> Mapping[str, Float[Tensor, ""]]:
        """Return the terms of the loss of a step, from 0, by name; their plain sum is minimised."""
