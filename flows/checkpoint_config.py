"""How a checkpoint is used: as somebody says, or else as it was trained to be."""

from typing import Any

from pydantic import ValidationError

from flows.configuration import PipelineConfig, load_config
from shls_core.errors import ConfigError, NameUnknown, ObjectMissing
from shls_core.superpixels.config import SuperpixelConfig
from storage.kinds import RecordKind
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record, record_id
from storage.references import newest_checkpoint, resolve
from storage.rows.stage_names import SUPERPIXELS
from storage.store import Store
from tasks.checkpoints.pretrained import PRETRAINED, read_pretrained
from tasks.terminal import tell
from tasks.training.learning_config import learning_of

_IN_USE = {"name", "memory", "superpixels", "propagation", "execution"}


def config_in_use(config: PipelineConfig | str | None, store: str, checkpoint: str) -> PipelineConfig:
    """Return the configuration given; without one, that of the checkpoint and of its dataset.

    Raises
    ------
    ConfigError
        If it cannot be read.
    NameUnknown
        If there is no such checkpoint.
    """
    if config is not None:
        return load_config(config)
    if checkpoint == PRETRAINED:
        return config_of(read_pretrained().record)
    opened, found = find_checkpoint(store, checkpoint)
    record = get_record(opened.objects, found, CheckpointRecord)
    made_of = {
        "name": opened.names.first_published().get(record.dataset, record.kind),
        "superpixels": _superpixels(opened, record.dataset),
    }
    return config_of(record).model_copy(update=made_of)


def tell_default_memory(config: str | None, store: str, checkpoint: str) -> None:
    """Tell of a memory that nobody chose: no configuration was given, and the training had none to record."""
    record = _record(store, checkpoint)
    if config is None and "memory" not in record.configuration:
        trained = record_id(record)[:12]
        tell(f"{'memory':<12} the default one: training {trained} read none; --config says otherwise")


def parameters_in_use(config: PipelineConfig) -> dict[str, Any]:
    """Return what the ledger keeps of it: the sections that the use of a checkpoint reads."""
    return config.model_dump(mode="json", include=_IN_USE)


def is_pretrained(store: str, checkpoint: str) -> bool:
    """Return whether this is the checkpoint that comes with the project, or another without its dataset.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint.
    """
    return _record(store, checkpoint).kind == PRETRAINED


def find_checkpoint(store: str, checkpoint: str | None = None) -> tuple[Store, str]:
    """Return a store and the id of a checkpoint in it, by default of the newest.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint.
    """
    if checkpoint:
        opened = Store.open(store)
        return opened, resolve(opened, checkpoint, RecordKind.CHECKPOINT)
    try:
        opened = Store.open(store)
    except NameUnknown as error:
        raise NameUnknown(f"{error}; `--checkpoint {PRETRAINED}` needs none") from error
    return opened, newest_checkpoint(opened)


def config_of(record: CheckpointRecord) -> PipelineConfig:
    """Return a configuration with the network and the memory of a checkpoint, and how it was trained.

    Raises
    ------
    ConfigError
        If this version does not know what the record says.
    """
    try:
        learning = learning_of(record)
    except ConfigError as error:
        raise ConfigError(f"{error}; say with --config how it is used") from error
    return PipelineConfig(
        name=record.kind, network=learning.network, memory=learning.memory, training=learning.training
    )


def _record(store: str, checkpoint: str) -> CheckpointRecord:
    if checkpoint == PRETRAINED:
        return read_pretrained().record
    opened, found = find_checkpoint(store, checkpoint)
    return get_record(opened.objects, found, CheckpointRecord)


def _superpixels(store: Store, dataset: str) -> SuperpixelConfig:
    """Return how the frames of a dataset were divided; of one that is not there, the default."""
    try:
        stages = get_record(store.objects, dataset, DatasetManifest)
        made = get_record(store.objects, stages.stages[SUPERPIXELS], StageManifest)
    except ObjectMissing:
        return SuperpixelConfig()
    try:
        return SuperpixelConfig.model_validate(made.parameters)
    except ValidationError as error:
        raise ConfigError(
            f"expected superpixels configured as this version has them, got dataset {dataset[:12]}…: "
            f"{error.errors()[0]['msg']}; say with --config how the checkpoint is used"
        ) from error
