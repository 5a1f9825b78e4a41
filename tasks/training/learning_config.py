"""What is learned, and how: those sections of a configuration that decide the weights."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from shls_core.errors import ConfigError
from shls_core.frozen import FrozenConfig, first_problem
from shls_core.methods.config import MethodConfig
from shls_core.methods.learning_source import check_source, clip_draw_of
from shls_core.methods.method import Method
from shls_core.methods.registry import DEFAULT, MethodSection, default_method, method_named
from shls_core.training.clip_draw import ClipDraw
from shls_core.training.phases import check_phases
from shls_core.training.shares_config import TrainingSection, TrainingWithShares
from shls_core.training.source import CLIPS, STILLS, Source
from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import record_id

_MOVED = ("contrast", "temperature", "refinement_from", "refinement_learning_rate")
"""Keys of ``method`` that were in ``training`` when there was only one method."""


class LearningConfig(FrozenConfig):
    """The sections of a configuration that training reads."""

    method: MethodSection = Field(default_factory=default_method)
    """The method: network, loss and, where training reads it, use."""
    training: TrainingSection = TrainingWithShares()
    """How weights are learned."""
    source: Source = STILLS
    """What is drawn: pseudo-sequences of photographs, or clips of videos."""
    validation_dataset: str | None = None
    """Id of the dataset whose held-out sequences validate; None: of the dataset that is learned from."""

    starts_from: str | None = None
    """Id of the checkpoint whose weights training begins with; None: random weights."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "LearningConfig":
        check_phases(self.method.phases, self.training)
        check_source(self.source, self.method)
        return self

    @property
    def clip_draw(self) -> ClipDraw | None:
        """What is drawn of a clip; None where sequences are drawn."""
        return clip_draw_of(self.method) if self.source == CLIPS else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a batch has."""
        return self.chosen_method().columns(self.method)

    @property
    def validates(self) -> bool:
        """Whether training validates."""
        return bool(self.training.validate_every)

    def datasets(self, dataset: str) -> tuple[str, ...]:
        """Return the ids of all datasets that a training on one of them reads."""
        return tuple(dict.fromkeys((dataset, *filter(None, [self.validation_dataset]))))

    def inputs(self, dataset: str) -> tuple[str, ...]:
        """Return the ids of all that a training on a dataset begins with: datasets, then a checkpoint."""
        return (*self.datasets(dataset), *filter(None, [self.starts_from]))

    def chosen_method(self) -> Method:
        """Return the method that is configured."""
        return method_named(self.method.name)

    def deciding(self) -> dict[str, Any]:
        """Return the part of it that can change the weights or their record."""
        return self.sections(self.method.unread(self.validates))

    def sections(self, left_out: Collection[str] = ()) -> dict[str, Any]:
        """Return it as the section ``configuration`` of a record, without some keys of ``method``.

        Ids are fields of their own there: of the dataset that validates and the one that is learned from, and
        of the checkpoint that training begins with. A source
        of stills is left out: it was the only one when the first checkpoints were recorded.
        """
        ids = {"validation_dataset": True, "starts_from": True}
        dumped = self.model_dump(mode="json", exclude={"method": set(left_out), **ids})
        return {key: value for key, value in dumped.items() if (key, value) != ("source", STILLS)}


def learning_of(record: CheckpointRecord) -> LearningConfig:
    """Return how a checkpoint was learned.

    Raises
    ------
    ConfigError
        If this version cannot read the configuration in its record.
    """
    try:
        return learning_recorded(record)
    except ValidationError as error:
        raise ConfigError(
            f"expected a checkpoint configured as this version has it, got {short(record_id(record))}…: "
            f"{first_problem(error)}"
        ) from error


def learning_recorded(record: CheckpointRecord) -> LearningConfig:
    """Return how a checkpoint was learned, as `learning_of` does.

    Raises
    ------
    pydantic.ValidationError
        If this version cannot read the configuration in its record.
    """
    ids = {"validation_dataset": record.validation_dataset, "starts_from": record.starts_from}
    sections = {**recorded_sections(record), **ids}
    return LearningConfig.model_validate(sections)


def recorded_sections(record: CheckpointRecord) -> dict[str, Any]:
    """Return ``method``, ``training`` and, if clips were drawn, ``source`` of a record of any version.

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
