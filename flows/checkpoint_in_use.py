"""The checkpoint that a command uses and how it is used: resolved once, then passed on."""

from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from flows.checkpoint_config import as_it_comes, default_config
from flows.configuration import PipelineConfig, load_config
from flows.memory_in_use import with_joined_penalty
from flows.quality import QualityName, quality_named
from flows.quality_in_use import in_quality
from shls_core.errors import InputError, NameUnknown
from shls_core.superpixels.config import SuperpixelConfig
from storage.canonical import short
from storage.kinds import RecordKind
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, record_id
from storage.references import newest_checkpoint, resolve
from storage.store import Store
from tasks.checkpoints.load import network_of
from tasks.checkpoints.pretrained import PRETRAINED, keep_checkpoint, read_pretrained
from tasks.checkpoints.untrained import UNTRAINED, untrained_checkpoint
from tasks.checkpoints.withdrawn_sources import print_withdrawn
from tasks.scoring.segmenter_choice import PropagationChoice, SegmenterChoice
from tasks.terminal import print_line
from tasks.training.learn import Learned
from tasks.training.learning_config import LearningConfig, recorded_sections, used_with
from tasks.training.precision import with_precision

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
    second: "CheckpointInUse | None" = Field(default=None, exclude_if=lambda second: second is None)
    """Another checkpoint, whose features are joined to those of this one; None: it is used alone."""
    quality: QualityName | None = Field(default=None, exclude_if=lambda quality: quality is None)
    """The preset that was chosen, if one was."""

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
        snap: bool | None = None,
        num_superpixels: int | None = None,
        adapt: bool | None = None,
        quality: str | None = None,
    ) -> "CheckpointInUse":
        """Return it with the options of a command applied that say how masks are made; others change nothing.

        Options that are None change nothing; the other options override what a quality sets.

        Raises
        ------
        ConfigError
            If the configuration does not accept the value of an option.
        InputError
            If an option is for another propagation, or there is no such quality.
        """
        if quality is not None:
            preset = quality_named(quality)
            config = in_quality(self.config.with_changes(propagation={"method": propagation}), preset)
            chosen = self.model_copy(update={"config": config, "quality": preset.name})
            return chosen.with_options(propagation, features, snap, num_superpixels, adapt)
        method = propagation or self.config.propagation.method
        read = _OPTIONS_OF.get(method, ())
        snapping = None if snap is None else "superpixels" if snap else "none"
        given = {"features": features, "snap": snapping if snap or "snap" in read else None}
        given = {key: value for key, value in given.items() if value is not None}
        if unread := [key for key in given if key not in read]:
            readers = [name for name, keys in _OPTIONS_OF.items() if set(unread) <= set(keys)]
            options = ", ".join(f"--{key}" for key in unread)
            raise InputError(f"expected --propagation {' or '.join(readers)} with {options}, got {method}")
        section = getattr(self.config.propagation, method).model_dump() | given if given else None
        changed = self.with_changes(
            propagation={
                "method": propagation,
                "num_superpixels": num_superpixels,
                **({method: section} if section else {}),
            },
            adaptation={"mode": None if adapt is None else "after_video" if adapt else "off"},
        )
        if self.second is None or self.is_configured:
            return changed
        # A preset or another propagation may have brought a model of the video of its own.
        return changed.model_copy(update={"config": with_joined_penalty(changed.config)})

    def network(self, device: torch.device) -> nn.Module:
        """Return its network.

        Raises
        ------
        InputError
            If this version does not know its network, or its weights belong to another network.
        """
        return network_of(self.record, self._weights(), device)

    def networks(self, device: torch.device) -> tuple[nn.Module, ...]:
        """Return the networks of all its checkpoints; raises as `network`."""
        return tuple(one.network(device) for one in self._each())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all its checkpoints."""
        return tuple(one.id for one in self._each())

    def opened(self) -> Store:
        """Return its store, open; create a missing store."""
        return self.store or Store.create(self.location)

    def kept(self) -> "CheckpointInUse":
        """Return it saved in its store, so that records there can name it; create a missing store."""
        second = self.second and self.second.kept()
        if self.store is not None and second is self.second:
            return self
        store = self.opened()
        if self.store is None:
            keep_checkpoint(store, Learned(self.record, self._weights()))
        return self.model_copy(update={"store": store, "second": second})

    def on_sequences(self) -> PropagationChoice:
        """Return how it is used on sequences, which contain their superpixels.

        Raises
        ------
        InputError
            If a second checkpoint cannot be joined to the propagation.
        """
        return self._how(None)

    def on_videos(self, max_side: int | None = None) -> SegmenterChoice:
        """Return how it is used on videos.

        Parameters
        ----------
        max_side
            Longest side in px at which frames are processed; None: that of the quality, or their own size.

        Raises
        ------
        InputError
            If a number of superpixels is set for a segmenter that takes none, or a second checkpoint cannot
            be joined to the propagation.
        """
        if max_side is None and self.quality is not None:
            max_side = quality_named(self.quality).max_side
        how = self._how(self.config.superpixels)
        joined_with = None if self.second is None else self.second.id
        return SegmenterChoice(self.id, how, max_side, joined_with)

    def parameters(self) -> dict[str, Any]:
        """Return the part of the configuration that the ledger records: what using a checkpoint reads."""
        kept = {"name", "superpixels", "propagation", "execution"}
        if self.config.adaptation.mode != "off":
            kept.add("adaptation")
        sections = self.config.model_dump(mode="json", include=kept)
        if self.second is not None:
            sections["propagation"]["joined"] = self.config.propagation.joined.model_dump(mode="json")
        chosen = {} if self.quality is None else {"quality": self.quality}
        return {**sections, "method": self.config.method.use_facts(), **chosen}

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

    def print_withdrawn(self) -> None:
        """Print what is withdrawn of the photographs and videos that its checkpoints saw."""
        for one in self._each():
            if one.store is not None:  # without a store, nothing was withdrawn
                print_withdrawn(one.store, one.id, one.record)

    def _each(self) -> tuple["CheckpointInUse", ...]:
        return (self, *filter(None, [self.second]))

    def _how(self, superpixels: SuperpixelConfig | None) -> PropagationChoice:
        config = self.config
        second = None if self.second is None else self.second.config.method
        how = PropagationChoice(config.method, config.propagation, superpixels, config.adaptation, second)
        how.check()
        return how

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
    chosen = chosen or default_config(record, opened)
    if config is None and record.is_pretrained and record_id(record) == record_id(read_pretrained().record):
        chosen = as_it_comes(chosen)
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


def _untrained(config: PipelineConfig | None) -> Learned:
    if config is None:
        raise InputError(f"expected --config FILE with --checkpoint {UNTRAINED}: it says which network")
    training = with_precision(config.training, config.execution)
    return untrained_checkpoint(LearningConfig(method=config.method, training=training), config.execution)


def _find(store: str, checkpoint: str | None) -> tuple[Store, str]:
    if checkpoint:
        opened = Store.open(store)
        return opened, resolve(opened, checkpoint, RecordKind.CHECKPOINT)
    try:
        opened = Store.open(store)
    except NameUnknown as error:
        raise NameUnknown(f"{error}; `--checkpoint {PRETRAINED}` needs none") from error
    return opened, newest_checkpoint(opened)
