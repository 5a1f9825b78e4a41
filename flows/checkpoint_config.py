"""How a checkpoint is used: as somebody says, or else as it was trained to be."""

from pydantic import ValidationError

from flows.configuration import PipelineConfig, load_config
from shls_core.errors import ConfigError, NameUnknown
from storage.learned import CheckpointRecord
from storage.manifest import get_record, record_id
from storage.references import newest_checkpoint, resolve
from storage.store import Store
from tasks.learning_config import LearningConfig
from tasks.pretrained import PRETRAINED, read_pretrained


def config_in_use(config: PipelineConfig | str | None, store: str, checkpoint: str) -> PipelineConfig:
    """Return the configuration given; without one, that of the checkpoint.

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
    return config_of(get_record(opened.objects, found, CheckpointRecord))


def find_checkpoint(store: str, checkpoint: str | None = None) -> tuple[Store, str]:
    """Return a store and the id of a checkpoint in it, by default of the newest.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint.
    """
    if checkpoint:
        opened = Store.open(store)
        return opened, resolve(opened, checkpoint, "checkpoint")
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
        learning = LearningConfig.model_validate(record.configuration)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"expected a checkpoint configured as this version has it, got {record_id(record)[:12]}…: "
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}; say with --config how it is used"
        ) from error
    return PipelineConfig(network=learning.network, memory=learning.memory, training=learning.training)
