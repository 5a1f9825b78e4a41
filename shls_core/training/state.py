"""The state of a training run: all that the rest depends on, besides configuration and batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.optim import Optimizer

from shls_core.training.config import TrainingConfig
from shls_core.training.moving_average import MovingAverage
from shls_core.training.optimiser import new_optimiser
from shls_core.training.phases import ONE_PHASE, Phase


@dataclass(frozen=True)
class Validation:
    """The score of averaged weights on held-out sequences.

    Attributes
    ----------
    step : int
        Steps done, from 1.
    score : float
        J&F, 0..1.
    """

    step: int
    score: float


@dataclass
class TrainingState:
    """A training run between two steps.

    Batches and random numbers of a step depend on its number alone, so neither is part of the state.

    Attributes
    ----------
    network : torch.nn.Module
        Trained in place.
    optimiser : torch.optim.Optimizer
    average : MovingAverage
        Of the network's state over the steps.
    losses : list of float
        Of every step done.
    validations : list of Validation
        Every validation done.
    best : dict of str to Tensor, or None
        The average at the best validation.
    """

    network: nn.Module
    optimiser: Optimizer
    average: MovingAverage
    losses: list[float] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    best: dict[str, Tensor] | None = None

    @classmethod
    def begin(cls, network: nn.Module, config: TrainingConfig) -> "TrainingState":
        """Return the state before the first step; the network is put into training mode."""
        network.train()
        return cls(network, new_optimiser(network, config), MovingAverage(network, config.ema_decay))

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    @property
    def best_validation(self) -> Validation | None:
        """The validation with the highest score, the first one on ties."""
        return max(self.validations, key=lambda validation: validation.score, default=None)

    def note_validation(self, score: float) -> Validation:
        """Record the score of the current average, and keep that average if it is the best so far."""
        before = self.best_validation
        self.validations.append(validation := Validation(self.step, score))
        if before is None or score > before.score:
            self.best = {name: value.clone() for name, value in self.average.state.items()}
        return validation

    def validation_is_due(self, config: TrainingConfig, phases: Sequence[Phase] = ONE_PHASE) -> bool:
        """Return whether the average has to be validated before the run continues.

        Only the last phase is validated: earlier weights have not learned what is trained there.
        """
        if not config.validate_every or self.step <= phases[-1].first_step:
            return False
        is_time = self.step % config.validate_every == 0 or self.step == config.steps
        return is_time and not (self.validations and self.validations[-1].step == self.step)
