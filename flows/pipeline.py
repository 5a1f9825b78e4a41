"""Pipeline: photographs, videos or both in; dataset, checkpoint and score out."""

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from flows.evaluate import evaluate
from flows.regenerate import regenerate
from flows.stages import dataset_stages
from flows.train import learning_config, train
from shls_core.errors import ConfigError
from storage.kinds import RunKind
from storage.rows.sources import KIND_OF_SOURCE
from storage.rows.stage_names import CLIPS, SEQUENCES
from storage.store import Store
from tasks.runs.outcomes import DatasetOutcome, EvaluationOutcome, TrainingOutcome
from tasks.runs.recorded_run import composed_run
from tasks.terminal import print_line

NO_MASKS = "videos have no masks to score with; `shls evaluate --davis ROOT` scores the checkpoint"


class PipelineOutcome(BaseModel):
    """The results of the three flows."""

    model_config = ConfigDict(frozen=True)

    dataset: DatasetOutcome
    training: TrainingOutcome
    evaluation: EvaluationOutcome | None
    """None for a dataset of videos alone that no other dataset validates: nobody holds out masks."""


@flow
def pipeline(config: PipelineConfig | str = QUICKSTART, store: str = "store") -> PipelineOutcome:
    """Regenerate, train and evaluate, in this order.

    Parameters
    ----------
    config
        A configuration, or the path of a configuration file.
    store
        Folder of the store, or ``s3://bucket/prefix``; created if there is none.
    """
    chosen = load_config(config)
    opened = Store.create(store)
    is_scored = source_is_scored(chosen, opened)
    # One job for garbage collection: nothing is removed between one flow and the next.
    with composed_run(opened, RunKind.PIPELINE, chosen.model_dump(mode="json"), seed=None):
        dataset = regenerate(chosen, store)
        training = train(chosen, store, dataset.dataset)
        evaluation = evaluate(training.checkpoint, chosen, store) if is_scored else None
    if evaluation is None:
        print_line(f"{'evaluate':<12} not done: {NO_MASKS}")
    return PipelineOutcome(dataset=dataset, training=training, evaluation=evaluation)


def source_is_scored(config: PipelineConfig, store: Store) -> bool:
    """Return whether a run will score its checkpoint; refuse now what training would refuse after staging.

    Returns
    -------
    bool
        Whether there will be held-out sequences to score the checkpoint on.

    Raises
    ------
    ConfigError
        If the dataset will not have what training draws or validates on.
    NameUnknown
        If the dataset that validates is not in the store.
    """
    learning = learning_config(config, store)
    stages = [stage.name for stage in dataset_stages(config)]
    if KIND_OF_SOURCE[config.source].samples not in stages:
        sources = [source for source, kind in KIND_OF_SOURCE.items() if kind.samples in stages]
        hint = "; a method that learns from clips is needed, as in --config dul_clips"
        raise ConfigError(
            f"expected source: {' or '.join(sources)} for a dataset of stages {', '.join(stages)}, "
            f"got source: {config.source}{hint if CLIPS in stages else ''}"
        )
    has_masks = learning.validation_dataset is not None or SEQUENCES in stages
    if learning.validates and not has_masks:
        raise ConfigError(
            "expected a validation_dataset with training.validate_every and videos alone, which have no "
            "masks, got none"
        )
    return has_masks
