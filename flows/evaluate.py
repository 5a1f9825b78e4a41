"""Evaluate: a checkpoint in, its scores on held-out sequences out."""

from prefect import flow

from flows.checkpoint_in_use import CheckpointInUse, checkpoint_in_use
from flows.configuration import PipelineConfig
from storage.kinds import RunKind
from tasks.runs.outcomes import EvaluationOutcome
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.held_out import score_checkpoint


@flow
def evaluate(
    checkpoint: CheckpointInUse | str | None = None,
    config: PipelineConfig | str | None = None,
    store: str = "store",
) -> EvaluationOutcome:
    """Score a checkpoint on the held-out sequences of the dataset it was trained on.

    Parameters
    ----------
    checkpoint
        Id of the checkpoint, or the beginning of it; by default the one trained last. Or a
        `CheckpointInUse`, which contains configuration and store, and perhaps a second checkpoint.
    config
        A configuration, or the path of a configuration file; its method, propagation and execution are
        used. By default that of the checkpoint.
    store
        Folder of the store, or ``s3://bucket/prefix``.
    """
    used = checkpoint_in_use(checkpoint, config, store)
    if used.second is not None:  # it may be in no store yet
        used = used.kept()

    with recorded_run(used.opened(), RunKind.EVALUATE, used.parameters(), used.config.training.seed) as run:
        run.inputs += used.ids
        joined_with = None if used.second is None else used.second.id
        how, execution = used.on_sequences(), used.config.execution
        outcome = score_checkpoint(used.id, how, used.location, execution, joined_with)
        run.outputs.append(outcome.evaluation)
        run.details = outcome.model_dump()
    return outcome
