"""What is learned, and how: those sections of a configuration that decide the weights."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from shls_core.errors import ConfigError
from shls_core.frozen import FrozenConfig, first_problem
from shls_core.methods.config import MethodConfig
from shls_core.methods.method import Method
from shls_core.methods.registry import DEFAULT, MethodSection, default_method, method_named
from shls_core.training.config import TrainingConfig
from shls_core.training.phases import check_phases
from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import record_id

_MOVED = ("contrast", "temperature", "refinement_from", "refinement_learning_rate")
"""Keys of ``method`` that were in ``training`` when there was only one method."""


class LearningConfig(FrozenConfig):
    """The sections of a configuration that training reads."""

    method: MethodSection = Field(default_factory=default_method)
    """The method: network, loss and, where training reads it, use."""
    training: TrainingConfig = TrainingConfig()
    """How weights are learned."""

    @model_validator(mode="after")
    def _phases_fit(self) -> "LearningConfig":
        check_phases(self.method.phases, self.training)
        return self

    @property
    def validates(self) -> bool:
        """Whether training validates."""
        return bool(self.training.validate_every)

    def chosen_method(self) -> Method:
        """Return the method that is configured."""
        return method_named(self.method.name)

    def deciding(self) -> dict[str, Any]:
        """Return the part of it that can change the weights or their record."""
        return self.model_dump(mode="json", exclude={"method": set(self.method.unread(self.validates))})


def learning_of(record: CheckpointRecord) -> LearningConfig:
    """Return how a checkpoint was learned.

    Raises
    ------
    ConfigError
        If this version cannot read the configuration in its record.
    """
    try:
        return LearningConfig.model_validate(recorded_sections(record))
    except ValidationError as error:
        raise ConfigError(
            f"expected a checkpoint configured as this version has it, got {short(record_id(record))}…: "
            f"{first_problem(error)}"
        ) from error


def recorded_sections(record: CheckpointRecord) -> dict[str, Any]:
    """Return the sections ``method`` and ``training`` of a record, whichever version wrote it.

    Records without a method have sections ``network``, ``memory`` and ``training``, the last with keys of
    the method, too.
    """
    recorded = record.configuration
    if record.method is not None:
        return recorded
    training = dict(recorded.get("training", {}))
    moved = {key: training.pop(key) for key in _MOVED if key in training}
    sections = {key: recorded[key] for key in ("network", "memory") if key in recorded}
    return {"method": {"name": DEFAULT, **sections, **moved}, "training": training}


def method_of(record: CheckpointRecord) -> tuple[Method, Mapping[str, Any]]:
    """Return the method of a checkpoint, and the section ``method`` of its record.

    Raises
    ------
    InputError
        If this version has no such method.
    """
    return method_named(record.method or DEFAULT), recorded_sections(record).get("method", {})


def used_with(record: CheckpointRecord, config: MethodConfig) -> MethodConfig:
    """Return a configuration, checked to be of the method of a checkpoint.

    Raises
    ------
    ConfigError
        If it is of another method.
    """
    trained = record.method or DEFAULT
    if config.name != trained:
        raise ConfigError(
            f"expected a configuration of method {trained}, as checkpoint {short(record_id(record))}… is, "
            f"got one of {config.name}"
        )
    return config
