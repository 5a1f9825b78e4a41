"""The checkpoint that a command uses and how it is used: resolved once, then passed on."""

from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import nn

from flows.configuration import CONFIGS, PipelineConfig, load_config
from shls_core.errors import ConfigError, InputError, NameUnknown, ObjectMissing
from shls_core.frozen import first_problem
from shls_core.superpixels.config import SuperpixelConfig
from storage.canonical import short
from storage.kinds import RecordKind
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record, record_id
from storage.references import newest_checkpoint, resolve
from storage.rows.stage_names import SUPERPIXELS
from storage.store import Store
from tasks.checkpoints.load import network_of
from tasks.checkpoints.pretrained import PRETRAINED, keep_checkpoint, read_pretrained
from tasks.checkpoints.untrained import UNTRAINED, untrained_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice, SegmenterChoice
from tasks.terminal import print_line
from tasks.training.learn import Learned
from tasks.training.learning_config import LearningConfig, learning_of, recorded_sections, used_with

PRETRAINED_USE = "stills"
"""The project's own configuration with which the checkpoint that comes with it is used by default."""
_OPTIONS_OF = {"label_propagation": ("features", "snap"), "superpixel_memory": ("features",)}
"""The options of commands that a propagation reads."""


class CheckpointInUse(BaseModel):
    """A checkpoint, its store, and the configuration it is used with.

    Its dump and its `repr`, which Prefect makes of the parameters of a flow, leave out record, store and
    weights.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: str
    record: CheckpointRecord = Field(exclude=True, repr=False)
    config: PipelineConfig
    """The configuration given; without one, that of the checkpoint and of its dataset."""
    is_configured: bool
    """Whether a configuration was given."""
    location: str
    """The store in which the results of the use are recorded."""
    store: Store | None = Field(exclude=True, repr=False)
    """The same store, opened; None while the checkpoint does not need it: it may not exist yet."""
    weights: bytes | None = Field(default=None, exclude=True, repr=False)
    """The weights of a checkpoint that is in no store."""

    @property
    def is_pretrained(self) -> bool:
        """Whether it is used without its dataset: it comes with the project, or was made in that form."""
        return self.record.is_pretrained

    def with_changes(self, **sections: Any) -> "CheckpointInUse":
        """Return it with some keys of the configuration replaced, as `PipelineConfig.with_changes` does."""
        return self.model_copy(update={"config": self.config.with_changes(**sections)})

    def with_options(
        self,
        propagation: str | None = None,
        features: str | None = None,
        snap: bool = False,
        num_superpixels: int | None = None,
        adapt: bool = False,
    ) -> "CheckpointInUse":
        """Return it with the options of a command applied that say how masks are made; others change nothing.

        Raises
        ------
        ConfigError
            If the configuration does not accept the value of an option.
        InputError
            If an option is for another propagation.
        """
        method = propagation or self.config.propagation.method
        given = {"features": features, "snap": "superpixels" if snap else None}
        given = {key: value for key, value in given.items() if value is not None}
        read = _OPTIONS_OF.get(method, ())
        if unread := [key for key in given if key not in read]:
            readers = [name for name, keys in _OPTIONS_OF.items() if set(unread) <= set(keys)]
            options = ", ".join(f"--{key}" for key in unread)
            raise InputError(f"expected --propagation {' or '.join(readers)} with {options}, got {method}")
        section = getattr(self.config.propagation, method).model_dump() | given if given else None
        return self.with_changes(
            propagation={
                "method": propagation,
                "num_superpixels": num_superpixels,
                **({method: section} if section else {}),
            },
            adaptation={"mode": "after_video" if adapt else None},
        )

    def network(self, device: torch.device) -> nn.Module:
        """Return its network.

        Raises
        ------
        InputError
            If this version does not know its network, or its weights belong to another network.
        """
        return network_of(self.record, self._weights(), device)

    def opened(self) -> Store:
        """Return its store, open; create a missing store."""
        return self.store or Store.create(self.location)

    def kept(self) -> "CheckpointInUse":
        """Return it saved in its store, so that records there can name it; create a missing store."""
        if self.store is not None:
            return self
        store = Store.create(self.location)
        keep_checkpoint(store, Learned(self.record, self._weights()))
        return self.model_copy(update={"store": store})

    def on_sequences(self) -> PropagationChoice:
        """Return how it is used on sequences, which contain their superpixels."""
        config = self.config
        return PropagationChoice(config.method, config.propagation, adaptation=config.adaptation)

    def on_videos(self, max_side: int | None = None) -> SegmenterChoice:
        """Return how it is used on videos, processed at a longest side of `max_side` px or at full size.

        Raises
        ------
        InputError
            If a number of superpixels is set for a segmenter that takes none.
        """
        config = self.config
        how = PropagationChoice(config.method, config.propagation, config.superpixels, config.adaptation)
        how.divide()
        return SegmenterChoice(self.id, how, max_side)

    def parameters(self) -> dict[str, Any]:
        """Return the part of the configuration that the ledger records: what using a checkpoint reads."""
        kept = {"name", "superpixels", "propagation", "execution"}
        if self.config.adaptation.mode != "off":
            kept.add("adaptation")
        return {
            **self.config.model_dump(mode="json", include=kept),
            "method": self.config.method.use_facts(),
        }

    def print_default_use(self) -> None:
        """Print the keys that have their default: no configuration was given, and training recorded none."""
        recorded = recorded_sections(self.record).get("method", {})
        if self.is_configured or self.config.propagation.method != "own":
            return
        for key in self.config.method.use_facts():
            if key not in {"name", *recorded}:
                print_line(
                    f"{key:<12} default: training {short(self.id)} recorded none; --config sets another"
                )

    def _weights(self) -> bytes:
        if self.weights is not None:
            return self.weights
        assert self.store is not None
        return self.store.objects.get(self.record.weights)


def checkpoint_in_use(
    checkpoint: "CheckpointInUse | str | None", config: PipelineConfig | str | None, store: str
) -> CheckpointInUse:
    """Resolve a checkpoint and how it is used; one that is already resolved is returned unchanged.

    Parameters
    ----------
    checkpoint
        Its id or the beginning of its id; by default the newest. ``pretrained`` comes with the project,
        ``untrained`` is a network with random weights, as the configuration describes it.
    config
        A configuration, or the path of a configuration file; by default that of the checkpoint and of its
        dataset, and for the checkpoint that comes with the project the use in ``configs/stills.yaml``.
    store
        Folder of the store, or ``s3://bucket/prefix``.

    Raises
    ------
    ConfigError
        If the configuration cannot be read, or has another method than the checkpoint.
    InputError
        If random weights are requested without a configuration.
    NameUnknown
        If the checkpoint does not exist.
    """
    if isinstance(checkpoint, CheckpointInUse):
        return checkpoint
    chosen = None if config is None else load_config(config)
    opened, learned = None, None
    if checkpoint in (PRETRAINED, UNTRAINED):
        learned = read_pretrained() if checkpoint == PRETRAINED else _untrained(chosen)
        record = learned.record
    else:
        opened, found = _find(store, checkpoint)
        record = get_record(opened.objects, found, CheckpointRecord)
    chosen = chosen or _config_of(record, opened)
    if config is None and record.is_pretrained and record_id(record) == record_id(read_pretrained().record):
        chosen = _as_it_comes(chosen)
    used_with(record, chosen.method)
    return CheckpointInUse(
        id=record_id(record),
        record=record,
        config=chosen,
        is_configured=config is not None,
        location=store,
        store=opened,
        weights=learned and learned.weights,
    )


def config_of(record: CheckpointRecord) -> PipelineConfig:
    """Return a configuration with the method and the training settings of a checkpoint.

    Raises
    ------
    ConfigError
        If this version does not accept the configuration in the record.
    """
    try:
        learning = learning_of(record)
    except ConfigError as error:
        raise ConfigError(f"{error}; say with --config how it is used") from error
    return PipelineConfig(
        name=record.kind,
        method=learning.method,
        training=learning.training,
        source=learning.source,
        validation_dataset=learning.validation_dataset,
        starts_from=learning.starts_from,
    )


def _as_it_comes(config: PipelineConfig) -> PipelineConfig:
    """Return the configuration of the checkpoint that comes with the project, as it is used today.

    What its record says is how it was trained and validated; ways to use it were added since.
    """
    use = load_config(str(CONFIGS / f"{PRETRAINED_USE}.yaml"))
    return config.model_copy(update={"method": config.method.used_as(use.method)})


def _untrained(config: PipelineConfig | None) -> Learned:
    if config is None:
        raise InputError(f"expected --config FILE with --checkpoint {UNTRAINED}: it says which network")
    return untrained_checkpoint(
        LearningConfig(method=config.method, training=config.training), config.execution
    )


def _find(store: str, checkpoint: str | None) -> tuple[Store, str]:
    if checkpoint:
        opened = Store.open(store)
        return opened, resolve(opened, checkpoint, RecordKind.CHECKPOINT)
    try:
        opened = Store.open(store)
    except NameUnknown as error:
        raise NameUnknown(f"{error}; `--checkpoint {PRETRAINED}` needs none") from error
    return opened, newest_checkpoint(opened)


def _config_of(record: CheckpointRecord, store: Store | None) -> PipelineConfig:
    """Return the configuration of a checkpoint, with the name and the superpixels of its dataset."""
    config = config_of(record)
    if store is None:
        return config
    from_dataset = {
        "name": store.names.first_published().get(record.dataset, record.kind),
        "superpixels": _superpixels(store, record.scored_on),
    }
    return config.model_copy(update=from_dataset)


def _superpixels(store: Store, dataset: str) -> SuperpixelConfig:
    """Return the superpixel configuration of a dataset; the default if it is not there or has none."""
    try:
        stages = get_record(store.objects, dataset, DatasetManifest).stages
        if SUPERPIXELS not in stages:
            return SuperpixelConfig()
        made = get_record(store.objects, stages[SUPERPIXELS], StageManifest)
    except ObjectMissing:
        return SuperpixelConfig()
    try:
        return SuperpixelConfig.model_validate(made.parameters)
    except ValidationError as error:
        raise ConfigError(
            f"expected superpixels configured as this version has them, got dataset {short(dataset)}…: "
            f"{first_problem(error)}; say with --config how the checkpoint is used"
        ) from error
