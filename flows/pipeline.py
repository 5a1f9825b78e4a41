"""Pipeline: photographs in; dataset, checkpoint and score out."""

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from flows.evaluate import evaluate
from flows.regenerate import regenerate
from flows.train import train
from storage.kinds import RunKind
from storage.store import Store
from tasks.runs.outcomes import DatasetOutcome, EvaluationOutcome, TrainingOutcome
from tasks.runs.recorded_run import composed_run


class PipelineOutcome(BaseModel):
    """The results of the three flows."""

    model_config = ConfigDict(frozen=True)

    dataset: DatasetOutcome
    training: TrainingOutcome
    evaluation: EvaluationOutcome


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
    # One job for garbage collection: nothing is removed between one flow and the next.
    with composed_run(Store.create(store), RunKind.PIPELINE, chosen.model_dump(mode="json"), seed=None):
        dataset = regenerate(chosen, store)
        training = train(chosen, store, dataset.dataset)
        evaluation = evaluate(training.checkpoint, chosen, store)
    return PipelineOutcome(dataset=dataset, training=training, evaluation=evaluation)
