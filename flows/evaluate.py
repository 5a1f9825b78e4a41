"""Evaluate: a checkpoint in, its scores on held-out sequences out."""

from prefect import flow

from flows.checkpoint_config import config_in_use, find_checkpoint, parameters_in_use
from flows.configuration import PipelineConfig
from storage.kinds import RunKind
from tasks.runs.outcomes import EvaluationOutcome
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.held_out import InUse, score_checkpoint


@flow
def evaluate(
    checkpoint: str | None = None, config: PipelineConfig | str | None = None, store: str = "store"
) -> EvaluationOutcome:
    """Score a checkpoint on the held-out sequences of the dataset it was trained on.

    Parameters
    ----------
    checkpoint
        Id of the checkpoint, or the beginning of it; by default the one trained last.
    config
        A configuration, or the path of a configuration file, of which memory and ``propagation.refinement``
        count; by default that of the checkpoint.
    store
        Folder of the store, or ``s3://bucket/prefix``.
    """
    _, checkpoint_id = find_checkpoint(store, checkpoint)
    chosen = config_in_use(config, store, checkpoint_id)

    with recorded_run(store, RunKind.EVALUATE, parameters_in_use(chosen), chosen.training.seed) as run:
        run.inputs.append(checkpoint_id)
        use = InUse(chosen.memory, chosen.propagation.refinement)
        outcome = score_checkpoint(checkpoint_id, use, store, chosen.execution)
        run.outputs.append(outcome.evaluation)
        run.details = outcome.model_dump()
    return outcome
