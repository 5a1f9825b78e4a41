"""Telling others of a run while it goes on: that it began, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

from openlineage.client.event_v2 import RunState

from storage.store import Store
from storage.tables.ledger import Run
from tasks.openlineage.emitter import Emitter, own_emitter
from tasks.openlineage.run_event import run_event
from tasks.openlineage.run_name import RunName, run_name

RunFacts = Callable[[str, BaseException | None], Run]
"""Returns what there is to say of a run, given its status and what stopped it."""


@dataclass(frozen=True)
class _Around:
    """The runs that one is a part of, outermost first, and who sends their events."""

    emitter: Emitter
    runs: tuple[RunName, ...]


_AROUND: ContextVar[_Around | None] = ContextVar("runs around", default=None)


@contextmanager
def run_events(store: Store, facts: RunFacts) -> Iterator[None]:
    """Tell that the block's run began, and how it ended; runs inside the block are told as parts of it.

    Parameters
    ----------
    store
        The store that the run is about.
    facts
        Asked when it begins, and again when it ends.
    """
    around = _AROUND.get()
    outer = around.runs if around else ()
    with nullcontext(around.emitter) if around else own_emitter(store) as emitter:

        def send(state: RunState, status: str, error: BaseException | None = None) -> None:
            emitter.send(lambda: run_event(store, state, facts(status, error), outer))

        entered = _AROUND.set(_Around(emitter, (*outer, run_name(facts("running", None)))))
        try:
            send(RunState.START, "running")
            yield
            send(RunState.COMPLETE, "completed")
        except BaseException as error:
            is_mistake = isinstance(error, Exception)  # and not a signal
            send(RunState.FAIL if is_mistake else RunState.ABORT, "failed", error)
            raise
        finally:
            _AROUND.reset(entered)
