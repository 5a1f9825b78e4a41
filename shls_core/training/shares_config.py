"""The configuration of a training whose batches are cut into shares."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_serializer, model_validator

from shls_core.training.config import TrainingConfig


class TrainingWithShares(TrainingConfig):
    """How weights are learned, and into how many shares a batch is cut."""

    shares: int = Field(default=1, ge=1, le=4096)
    """Equal parts of every batch. Each is computed by itself, with batch statistics, negatives and random
    numbers of its own; the gradient of a step is the mean of theirs, added in their order. So weights do not
    depend on how many workers compute them (``execution.training_workers``), but on this number."""

    @model_serializer(mode="wrap")
    def _as_recorded(self, serialize: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Leave out a single share: it is what all trainings had before there was a choice."""
        written = serialize(self)
        return {key: value for key, value in written.items() if (key, value) != ("shares", 1)}

    @model_validator(mode="after")
    def _shares_are_equal(self) -> "TrainingWithShares":
        if self.batch_size % self.shares:
            raise ValueError(
                f"expected a batch_size that {self.shares} shares cut into equal parts, got {self.batch_size}"
            )
        return self


def _with_shares(given: Any) -> Any:
    if isinstance(given, TrainingConfig) and not isinstance(given, TrainingWithShares):
        return TrainingWithShares(**given.model_dump())
    return given


TrainingSection = Annotated[TrainingWithShares, BeforeValidator(_with_shares)]
"""The type of a field ``training`` in a configuration; a `TrainingConfig` is one of a single share."""


def num_shares(config: TrainingConfig) -> int:
    """Return the number of shares of a batch."""
    return config.shares if isinstance(config, TrainingWithShares) else 1
