"""The configuration that a checkpoint is used with if none is given."""

from pydantic import ValidationError

from flows.configuration import CONFIGS, PipelineConfig, load_config
from shls_core.errors import ConfigError, ObjectMissing
from shls_core.frozen import first_problem
from shls_core.superpixels.config import SuperpixelConfig
from storage.canonical import short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.stage_names import SUPERPIXELS
from storage.store import Store
from tasks.training.learning_config import learning_of

PRETRAINED_USE = "stills"
"""The project's own configuration with which the checkpoint that comes with it is used by default."""


def default_config(record: CheckpointRecord, store: Store | None) -> PipelineConfig:
    """Return the configuration of a checkpoint, with the name and the superpixels of its dataset."""
    config = config_of(record)
    if store is None:
        return config
    from_dataset = {
        "name": store.names.first_published().get(record.dataset, record.kind),
        "superpixels": _superpixels(store, record.scored_on),
    }
    return config.model_copy(update=from_dataset)


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


def as_it_comes(config: PipelineConfig) -> PipelineConfig:
    """Return the configuration of the checkpoint that comes with the project, as it is used today.

    What its record says is how it was trained and validated; ways to use it were added since.
    """
    use = load_config(str(CONFIGS / f"{PRETRAINED_USE}.yaml"))
    return config.model_copy(update={"method": config.method.used_as(use.method)})


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
