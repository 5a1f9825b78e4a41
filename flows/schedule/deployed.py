"""The flows that `prefect.yaml` deploys: small typed parameters in front of the flows of the project.

They run the bodies of those flows in their own run: a flow inside a flow would be one more run to watch. None
has retries: a run that crashed is started anew by an automation, and resumes from the store.
"""

from prefect import flow

from flows.evaluate import evaluate as evaluate_flow
from flows.pipeline import PipelineOutcome, source_is_scored
from flows.pipeline import pipeline as pipeline_flow
from flows.regenerate import regenerate as regenerate_flow
from flows.schedule.auditing import AuditOutcome, audit_now
from flows.schedule.catching_up import CaughtUp, catch_up_now, nobody_was_asked_to_train
from flows.schedule.chain import emit_published, emit_trained
from flows.schedule.parameters import (
    NO_CHANGES,
    Changes,
    CheckpointReference,
    ConfigName,
    DatasetReference,
    SampleCount,
    SourceFolder,
    StoreLocation,
    chosen,
)
from flows.schedule.run_names import run_name
from flows.train import train as train_flow
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.runs.outcomes import DatasetOutcome, EvaluationOutcome, TrainingOutcome


@flow(name="regenerate", flow_run_name=run_name)
def regenerate(
    config: ConfigName = "quickstart",
    images: SourceFolder = None,
    videos: SourceFolder = None,
    store: StoreLocation = "store",
    changes: Changes = NO_CHANGES,
) -> DatasetOutcome:
    """Stage, validate and publish a dataset; a new version of its name starts a training."""
    configuration = chosen(config, changes, images, videos)
    opened = Store.create(store)
    before = opened.names.resolve(configuration.name)
    outcome: DatasetOutcome = regenerate_flow.fn(configuration, store)
    if outcome.dataset != before or nobody_was_asked_to_train(opened, outcome.dataset):
        emit_published(outcome.dataset, outcome.name, config, changes, store)
    return outcome


@flow(name="train", flow_run_name=run_name)
def train(
    config: ConfigName = "quickstart",
    dataset: DatasetReference = None,
    store: StoreLocation = "store",
    changes: Changes = NO_CHANGES,
) -> TrainingOutcome:
    """Train on a published dataset; a checkpoint that can be scored starts an evaluation."""
    configuration = chosen(config, changes)
    opened = Store.open(store)
    outcome: TrainingOutcome = train_flow.fn(configuration, store, dataset or None)
    if source_is_scored(configuration, opened):
        record = get_record(opened.objects, outcome.checkpoint, CheckpointRecord)
        emit_trained(outcome.checkpoint, record.dataset, store)
    return outcome


@flow(name="evaluate", flow_run_name=run_name)
def evaluate(checkpoint: CheckpointReference = None, store: StoreLocation = "store") -> EvaluationOutcome:
    """Score a checkpoint, and the baselines, on the held-out sequences of its dataset."""
    outcome: EvaluationOutcome = evaluate_flow.fn(checkpoint or None, None, store)
    return outcome


@flow(name="pipeline", flow_run_name=run_name)
def pipeline(
    config: ConfigName = "quickstart",
    images: SourceFolder = None,
    videos: SourceFolder = None,
    store: StoreLocation = "store",
    changes: Changes = NO_CHANGES,
) -> PipelineOutcome:
    """Regenerate, train and evaluate in one run, by hand; events start nothing."""
    outcome: PipelineOutcome = pipeline_flow.fn(chosen(config, changes, images, videos), store)
    return outcome


@flow(name="audit", flow_run_name=run_name)
def audit(store: StoreLocation = "store", replay: SampleCount = 5) -> AuditOutcome:
    """Check that nothing in the store was changed, and make some samples again."""
    return audit_now(store, replay)


@flow(name="catch-up", flow_run_name=run_name)
def catch_up(
    config: ConfigName = "quickstart",
    store: StoreLocation = "store",
    changes: Changes = NO_CHANGES,
) -> CaughtUp:
    """Start the training or the evaluation that the newest dataset waits for, if an event was lost."""
    return catch_up_now(chosen(config, changes), config, changes, store)
