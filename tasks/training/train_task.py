"""The task that learns weights from a dataset, or reuses them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from shls_core.errors import ObjectCorrupted, StoreError
from storage.audit.resumed import left_states
from storage.canonical import digest_json, short
from storage.gate.verdicts import require_passed
from storage.kinds import KeyKind
from storage.objects.training_states import FOLDER, SavedState, TrainingStates
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, put_record
from storage.store import Store
from storage.verification.verify import require_undamaged
from storage.withdrawal.deny_list import refuse_withdrawn
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.made_once import made_once
from tasks.runs.outcomes import TrainingOutcome
from tasks.runs.progress import progress
from tasks.runs.run_draft import note
from tasks.runs.worker_range import refuse_idle, worker_range
from tasks.terminal import print_line
from tasks.training.course import Course
from tasks.training.drawn_batches import check_sources
from tasks.training.learn import Observers, facts_of, learn
from tasks.training.learning_config import LearningConfig
from tasks.training.log import log_folder, training_log
from tasks.training.metrics import VALIDATION, Observer, Row
from tasks.training.run_artifact import training_artifact
from tasks.training.seen_datasets import seen_datasets
from tasks.training.workers.work import WorkOrder


@task(cache_policy=NO_CACHE)
def train_network(
    dataset: str,
    learning: LearningConfig,
    store: str,
    execution: ExecutionConfig,
    allow_withdrawn: bool = False,
) -> TrainingOutcome:
    """Train on a dataset that passed the gate, and write the checkpoint into the store.

    An interrupted run of the same training is resumed, and gives the same checkpoint. A dataset with a
    withdrawn photograph is refused, unless that is allowed; the checkpoint is the same either way. The
    dataset that validates has to be as good.
    """
    started = time.monotonic()
    refuse_idle(execution.training_workers, learning.training.shares)
    opened = Store.create(store)
    allowed = require_usable(opened, dataset, learning, allow_withdrawn)
    num_short = check_sources(opened.objects, dataset, learning)
    if num_short:
        least = learning.clip_draw and learning.clip_draw.num_frames
        print_line(f"{'train':<12} {num_short} clips have fewer than {least} frames and are left out")
    for used in learning.datasets(dataset):
        require_sound(opened, used)
    facts = facts_of(dataset, learning, execution, _device_kind(learning, execution))
    key = digest_json(facts)
    states = TrainingStates(opened.backend, dataset, key)
    checkpoint, status = made_once(
        opened,
        KeyKind.CHECKPOINTS,
        key,
        is_whole=lambda checkpoint: _is_whole(opened, checkpoint),
        make=lambda: _train(opened, facts, learning, execution, states),
    )
    states.discard()
    record = get_record(opened.objects, checkpoint, CheckpointRecord)
    outcome = TrainingOutcome(
        checkpoint=checkpoint,
        status=status,
        steps=learning.training.steps,
        step=record.step,
        final_loss=record.final_loss,
        validations={validation.step: validation.score for validation in record.validations},
        seconds=round(time.monotonic() - started, 3),
        allowed_withdrawn=allowed,
        short_clips=num_short,
    )
    how = "reused" if status == "cached" else f"loss {outcome.final_loss:.3f}"
    print_line(f"{'train':<12} {outcome.steps:>4} steps, {how}  {outcome.seconds:.1f} s")
    return outcome


def require_usable(
    store: Store, dataset: str, learning: LearningConfig, allow_withdrawn: bool
) -> tuple[str, ...]:
    """Refuse datasets that did not pass the gate, or that have withdrawn photographs or videos.

    The datasets of the checkpoints that training begins with count: what they saw, their weights hold.

    Returns
    -------
    tuple of str
        Ids of those that are withdrawn and allowed.
    """
    found: list[str] = []
    for used in learning.datasets(dataset):
        require_passed(store, used)
    for seen in seen_datasets(store, dataset, learning):
        found += refuse_withdrawn(store, seen, allow_withdrawn)
    return tuple(dict.fromkeys(found))


def require_sound(store: Store, dataset: str) -> None:
    """Refuse a damaged dataset before hours of work on it."""
    with progress("verify", "objects") as advance:
        require_undamaged(store, dataset, advance)


def _device_kind(learning: LearningConfig, execution: ExecutionConfig) -> str | None:
    """Return the kind of device that trains, if others than this process do."""
    workers = worker_range(execution.training_workers)
    if workers.most == 1:
        return None
    from tasks.training.workers.on_ray import workers_device_kind

    return workers_device_kind(execution, learning.training.num_threads, workers)


def _is_whole(store: Store, checkpoint: str) -> bool:
    if not store.objects.verify(checkpoint):
        return False
    return store.objects.verify(get_record(store.objects, checkpoint, CheckpointRecord).weights)


def _train(
    store: Store,
    facts: dict[str, Any],
    learning: LearningConfig,
    execution: ExecutionConfig,
    states: TrainingStates,
) -> str:
    workers, key = worker_range(execution.training_workers), digest_json(facts)
    observers = _observers(log_folder(execution, store.location, key), learning, execution)
    with _left_state_noted(states, key):
        if workers.most == 1:
            learned = learn(
                store.objects,
                facts,
                learning,
                execution,
                states,
                observers,
                accept=lambda saved: _note_state(store, saved, key),
            )
            store.objects.put(learned.weights)
            return put_record(store.objects, learned.record)
        # Imported only if needed: it takes seconds.
        from tasks.training.workers.on_ray import learn_on_ray

        if saved := states.newest():
            _note_state(store, saved, key)
        order = WorkOrder(store.location, facts, learning, execution)
        return put_record(store.objects, learn_on_ray(order, workers, states, observers))


def _observers(folder: Path, learning: LearningConfig, execution: ExecutionConfig) -> Observers:
    @contextmanager
    def observers(course: Course) -> Iterator[Sequence[Observer]]:
        if course.step:
            print_line(f"train resumes after step {course.step} of {learning.training.steps}")
        with (
            training_log(folder, course, execution.tensorboard) as logged,
            training_artifact(course) as artifact,
            steps_shown(learning.training.steps) as shown,
        ):
            yield [*logged, artifact, shown]

    return observers


def _note_state(store: Store, saved: SavedState, key: str) -> None:
    """Record in the ledger from which state this run goes on.

    Raises
    ------
    ObjectCorrupted
        If an interrupted run recorded another state after the same step.
    """
    run, digest = left_states(store.ledger.runs(), key).get(saved.step, (None, saved.digest))
    if digest != saved.digest:
        raise ObjectCorrupted(
            f"expected the state after step {saved.step} that run {run} left, {short(digest)}…, got "
            f"{short(saved.digest)}…: it was put there since; remove {FOLDER}/…/{key} of the store, and the "
            "training begins again"
        )
    note(went_on_from={"key": key, "step": saved.step, "digest": saved.digest})


@contextmanager
def _left_state_noted(states: TrainingStates, key: str) -> Iterator[None]:
    """Record in the ledger which state a run leaves that ends early: the next one goes on from it."""
    try:
        yield
    except BaseException:
        with suppress(StoreError):  # the error that ended the run matters more
            if (left := states.newest_path()) is not None:
                note(left_state={"key": key, "step": left.step, "digest": left.digest})
        raise


@contextmanager
def steps_shown(steps: int) -> Iterator[Observer]:
    """Return an observer that shows the number of steps done."""
    with progress("train", "steps") as advance:

        def observe(row: Row) -> None:
            if VALIDATION not in row:
                advance(int(row["step"]), steps)

        yield observe
