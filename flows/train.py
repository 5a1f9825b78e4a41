"""Train: a published dataset in, a checkpoint out."""

from prefect import flow

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from storage.kinds import RecordKind, RunKind
from storage.references import resolve
from storage.store import Store
from tasks.reports.writing import write_checkpoint_report
from tasks.runs.outcomes import TrainingOutcome
from tasks.runs.recorded_run import recorded_run
from tasks.training.learning_config import LearningConfig
from tasks.training.precision import warn_of_slow_precision, with_precision
from tasks.training.train_task import train_network


@flow
def train(
    config: PipelineConfig | str = QUICKSTART,
    store: str = "store",
    dataset: str | None = None,
    allow_withdrawn: bool = False,
) -> TrainingOutcome:
    """Train a network; with the same dataset, configuration, seed and code, reuse the existing checkpoint.

    Parameters
    ----------
    config
        A configuration, or the path of a configuration file.
    store
        Folder of the store, or ``s3://bucket/prefix``.
    dataset
        Name or id of the dataset; by default the latest of the configuration's name.
    allow_withdrawn
        Whether a dataset with withdrawn photographs is used anyway; the ledger records which photographs.
    """
    chosen = load_config(config)
    opened = Store.open(store)
    dataset_id = resolve(opened, dataset or chosen.name, RecordKind.DATASET)
    learning = learning_config(chosen, opened)
    warn_of_slow_precision(learning.training, chosen.execution)

    with recorded_run(opened, RunKind.TRAIN, chosen.model_dump(mode="json"), chosen.training.seed) as run:
        run.inputs += learning.inputs(dataset_id)
        outcome = train_network(dataset_id, learning, store, chosen.execution, allow_withdrawn)
        run.outputs.append(outcome.checkpoint)
        run.details = {**run.details, **outcome.model_dump()}
    if outcome.status == "computed":
        write_checkpoint_report(outcome.checkpoint, store, chosen.execution)
    return outcome


def learning_config(config: PipelineConfig, store: Store) -> LearningConfig:
    """Return the sections of a configuration that training reads.

    Raises
    ------
    NameUnknown
        If the dataset that validates, or the checkpoint to start from, is not in the store.
    """
    validates_on, starts_from = config.validation_dataset, config.starts_from
    return LearningConfig(
        method=config.method,
        training=with_precision(config.training, config.execution),
        source=config.source,
        validation_dataset=validates_on and resolve(store, validates_on, RecordKind.DATASET),
        starts_from=starts_from and resolve(store, starts_from, RecordKind.CHECKPOINT),
    )
