"""The course of a training so far: what its log and its curve are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from shls_core.training.state import Validation
from tasks.training.metrics import VALIDATION, Row


@runtime_checkable
class Course(Protocol):
    """Losses and validations up to a step; a `shls_core.training.state.TrainingState` is one."""

    @property
    def step(self) -> int:
        """Steps done."""
        ...

    @property
    def losses(self) -> Sequence[float]:
        """Of every step done."""
        ...

    @property
    def validations(self) -> Sequence[Validation]:
        """Every validation done."""
        ...


@dataclass
class FollowedCourse:
    """The course of a training that runs elsewhere, kept up with the rows that it sends.

    Attributes
    ----------
    losses : list of float
        Of every step done.
    validations : list of Validation
        Every validation done.
    """

    losses: list[float] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    def observe(self, row: Row) -> None:
        """Take note of the figures of a step or of a validation."""
        if VALIDATION in row:
            self.validations.append(Validation(int(row["step"]), row[VALIDATION]))
        else:
            self.losses.append(row["loss"])
