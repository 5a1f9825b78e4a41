"""Learning weights from a dataset: from objects to a checkpoint's record, with or without an orchestrator.

Nothing here, or imported from here, needs Prefect, Ray, Great Expectations or Delta Lake.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from shls_core.training.exchange import Alone, Exchange
from shls_core.training.loop import train
from shls_core.training.state import TrainingState, Validation
from shls_core.training.state_bytes import restore_state, state_to_bytes
from shls_core.training.step import StepMetrics
from shls_core.training.weights import weights_to_bytes
from storage.canonical import digest_bytes
from storage.objects.objects import ObjectStore
from storage.objects.training_states import SavedState, TrainingStates
from storage.provenance.code_digest import code_digest
from storage.records.checkpoints import CheckpointRecord, ValidationScore
from tasks.runs.device import choose_device, device_kind
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.packages import installed_versions
from tasks.training.course import Course
from tasks.training.drawn_batches import check_sources, drawn_batches
from tasks.training.learning_config import LearningConfig
from tasks.training.metrics import Observer, StepMeter, validation_row
from tasks.training.pseudo_masks import pseudo_masks_by
from tasks.training.starting_weights import begin_with, starting_weights

_ENTRY_MODULES = ("shls_core.training.loop",)
_LOADER_MODULES = {"stills": "storage.rows.loader", "clips": "storage.rows.clip_loader"}
_VALIDATION_LOADER = "storage.rows.loader"
_VALIDATING_MODULES = ("shls_core.propagation.evaluation",)
_PACKAGES = ("numpy", "opencv-python-headless", "safetensors", "scipy", "torch")


Observers = Callable[[Course], AbstractContextManager[Sequence[Observer]]]
"""Takes the course that a training begins with; its context has the observers, which get the figures of every
step and validation."""


class Learned(NamedTuple):
    """A checkpoint that is in no store yet."""

    record: CheckpointRecord
    weights: bytes


def deciding_modules(learning: LearningConfig) -> tuple[str, ...]:
    """Return the modules whose code, with all that they import, decides the weights."""
    method = learning.chosen_method()
    modules = [*_ENTRY_MODULES, _LOADER_MODULES[learning.source], *method.training_modules]
    if learning.validates:
        modules += [_VALIDATION_LOADER, *_VALIDATING_MODULES, *method.use_modules]
    return tuple(modules)


def facts_of(
    dataset: str, learning: LearningConfig, execution: ExecutionConfig, kind: str | None = None
) -> dict[str, Any]:
    """Return everything that decides the weights; its digest is the key of the work.

    Parameters
    ----------
    dataset
        Id of the dataset.
    learning, execution
        What to learn, and where.
    kind
        Kind of the device that trains; by default that of this process.
    """
    method = learning.chosen_method()
    packages = method.training_packages(learning.method, learning.validates)
    draw, validates_on = learning.clip_draw, learning.validation_dataset
    return {
        "dataset": dataset,
        **({"validation_dataset": validates_on} if validates_on is not None else {}),
        **({"clip_draw": draw.model_dump(mode="json")} if draw is not None else {}),
        **({"starts_from": learning.starts_from} if learning.starts_from is not None else {}),
        "method": method.name,
        "configuration": learning.deciding(),
        "code_digest": code_digest(*deciding_modules(learning)),
        "versions": installed_versions((*_PACKAGES, *packages)),
        "device_kind": kind or device_kind(choose_device(execution)),
    }


def learn(
    objects: ObjectStore,
    facts: dict[str, Any],
    learning: LearningConfig,
    execution: ExecutionConfig,
    states: TrainingStates | None = None,
    observers: Observers = lambda course: nullcontext(()),
    accept: Callable[[SavedState], object] = lambda saved: None,
    exchange: Exchange | None = None,
) -> Learned:
    """Train from the newest saved state, or from the beginning.

    Parameters
    ----------
    objects
        Where the dataset is.
    facts
        As `facts_of` gives them for the other arguments.
    learning, execution
        What to learn, and where.
    states
        Where states are saved and found; by default nowhere.
    observers
        Who gets the figures; nobody by default.
    accept
        Given the saved state that training would go on from; may raise.
    exchange
        With the other workers of this training; by default there are none.
    """
    device, training, method = choose_device(execution), learning.training, learning.chosen_method()
    network = method.new_network(learning.method, training.seed)
    if learning.starts_from is not None:
        begin_with(network, starting_weights(objects, learning.starts_from), learning.starts_from)
    network = network.to(device)
    state = TrainingState.begin(network, training)
    saved = states.newest() if states else None
    if saved:
        accept(saved)
        restore_state(state, saved.data)
    exchange = exchange or Alone(training.shares)
    meter = StepMeter(training.batch_size, device)

    def save(state: TrainingState) -> None:
        if states:
            states.put(state.step, state_to_bytes(state))

    check_sources(objects, facts["dataset"], learning)
    validate = None
    if training.validate_every:
        # Imported only if needed: it imports the scores, which training alone does not need.
        from tasks.training.validation import validator

        validate = validator(objects, learning.validation_dataset or facts["dataset"], learning, device)
    with observers(state) as receivers:

        def on_step(metrics: StepMetrics) -> None:
            row = meter.row(metrics)
            for observer in receivers:
                observer(row)

        def on_validation(validation: Validation) -> None:
            for observer in receivers:
                observer(validation_row(validation))
            meter.begin()

        trained = train(
            method.trainable(network, learning.method),
            drawn_batches(objects, facts["dataset"], learning, state.step, exchange.shares),
            training,
            on_step,
            state=state,
            validate=validate,
            on_validation=on_validation,
            save=save,
            save_every=execution.save_every,
            exchange=exchange,
        )
    best = state.best_validation if training.checkpoint == "best" else None
    kept = trained.best if best else trained.averaged
    assert kept is not None  # a validation keeps the best
    weights = weights_to_bytes(kept)
    last = state.losses[-max(1, len(state.losses) // 10) :]
    record = CheckpointRecord(
        **facts,
        weights=digest_bytes(weights),
        pseudo_masks_by=pseudo_masks_by(objects, facts["dataset"], learning),
        final_loss=sum(last) / len(last),
        step=best.step if best else state.step,
        validations=tuple(ValidationScore(step=one.step, score=one.score) for one in state.validations),
    )
    return Learned(record, weights)
