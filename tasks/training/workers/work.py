"""What one of several workers does: the training of `tasks.training.learn`, with its part of every batch.

Nothing here imports Ray.
"""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from shls_core.errors import StageError
from shls_core.training.state import Validation
from storage.canonical import digest_json, short
from storage.objects.training_states import SavedState, TrainingStates
from storage.records.checkpoints import CheckpointRecord
from storage.store import Store
from tasks.cluster.actor import Actor
from tasks.cluster.handshake import JobCode, expectation, refuse_other_code
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.course import Course
from tasks.training.learn import deciding_modules, facts_of, learn
from tasks.training.learning_config import LearningConfig
from tasks.training.metrics import Observer, Row
from tasks.training.workers.group_exchange import GroupBroken, GroupExchange


@dataclass(frozen=True)
class WorkOrder:
    """What all workers of a training are given.

    Attributes
    ----------
    store
        Where it is.
    facts
        What decides the weights, as the process that ordered the training found it.
    learning, execution
        What to learn, and where.
    """

    store: str
    facts: dict[str, Any]
    learning: LearningConfig
    execution: ExecutionConfig

    def code(self) -> dict[str, Any]:
        """Return what a worker compares its node with (`tasks.cluster.handshake`)."""
        modules = (*deciding_modules(self.learning), __name__)
        return expectation(JobCode(modules, self.facts["versions"]), asks_machine=False)


class Begun(NamedTuple):
    """The course that the workers begin with."""

    losses: tuple[float, ...]
    validations: tuple[Validation, ...]


class Ended(NamedTuple):
    """How a training ended: with a checkpoint, whose weights are in the store, or with an error."""

    record: CheckpointRecord | None
    error: BaseException | None = None


Send = Callable[[Begun | Row], bool]
"""Sends what happened to the process that ordered the training; returns whether it wants an end."""


class Stopped(BaseException):
    """The training was told to end: it leaves its state, as after Ctrl-C."""


def work(order: WorkOrder, code: dict[str, Any], exchange: GroupExchange, send: Send) -> Ended:
    """Train together with the other workers; all of them end in the same way.

    Parameters
    ----------
    order
        What to train.
    code
        `WorkOrder.code`, as the process that ordered the training found it.
    exchange
        With the other workers.
    send
        Used by the first worker.

    Raises
    ------
    GroupBroken
        If another worker is gone.
    """
    try:
        refuse_other_code(Actor().ready(code), code)
        record = _work(order, exchange, send)
        exchange.of_workers(None)  # only now nobody else can fail
    except GroupBroken:
        raise
    except BaseException as error:
        exchange.tell(error)
        return Ended(None, error)
    return Ended(record)


def _work(order: WorkOrder, exchange: GroupExchange, send: Send) -> CheckpointRecord:
    refuse_other_facts(order.facts, facts_of(order.facts["dataset"], order.learning, order.execution))
    store = Store.open(order.store)
    states = SharedStates(
        TrainingStates(store.backend, order.facts["dataset"], digest_json(order.facts)), exchange
    )

    @contextmanager
    def observers(course: Course) -> Iterator[Sequence[Observer]]:
        yield [_sending(course, send)] if exchange.is_first else []

    learned = learn(
        store.objects,
        order.facts,
        order.learning,
        order.execution,
        states,  # type: ignore[arg-type]
        observers,
        exchange=exchange,
    )
    if exchange.is_first:
        store.objects.put(learned.weights)
    return learned.record


def _sending(course: Course, send: Send) -> Observer:
    send(Begun(tuple(course.losses), tuple(course.validations)))

    def observe(row: Row) -> None:
        if send(row):
            raise Stopped

    return observe


def refuse_other_facts(expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Refuse a worker that would make other weights than those ordered.

    Its code and packages agree by then (`tasks.cluster.handshake`); its device may not.

    Raises
    ------
    StageError
        If any fact is another.
    """
    for name in sorted(expected):
        if expected[name] != found[name]:
            raise StageError(
                f"expected training workers with the {name.replace('_', ' ')} that the run was begun with, "
                f"{_shown(expected[name], found[name])}, got {_shown(found[name], expected[name])} "
                f"on {platform.node()}"
            )


def _shown(value: Any, other: Any) -> str:
    """Return a fact, as far as it differs from another."""
    if isinstance(value, dict) and isinstance(other, dict):
        return ", ".join(f"{name} {value[name]}" for name in sorted(value) if value[name] != other.get(name))
    return f"{short(value)}…" if isinstance(value, str) and len(value) == 64 else str(value)


class SharedStates:
    """The saved states of a training by several workers: all begin with the same, and the first one saves.

    Parameters
    ----------
    states
        In the store.
    exchange
        With the other workers.
    """

    def __init__(self, states: TrainingStates, exchange: GroupExchange) -> None:
        self._states, self._exchange = states, exchange

    def newest(self) -> SavedState | None:
        """Return the newest state, which is the same for all workers.

        Raises
        ------
        GroupBroken
            If it is not: the store changed just then, by a worker of an earlier group that was not dead yet.
        """
        saved = self._states.newest()
        found = self._exchange.of_workers(saved and saved.digest)
        if len(set(found)) > 1:
            raise GroupBroken("workers found different states to begin with")
        return saved

    def put(self, step: int, data: bytes) -> None:
        """Save the state after a step, in the first worker."""
        if self._exchange.is_first:
            self._states.put(step, data)
