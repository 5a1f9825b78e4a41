"""Sends events about a run: when it starts, and when it ends."""

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
"""Returns the facts of a run, given its status and the error that stopped it."""


@dataclass(frozen=True)
class _Enclosing:
    """The runs that a run is a part of, outermost first, and the emitter of their events."""

    emitter: Emitter
    runs: tuple[RunName, ...]


_ENCLOSING: ContextVar[_Enclosing | None] = ContextVar("enclosing runs", default=None)


@contextmanager
def run_events(store: Store, facts: RunFacts) -> Iterator[None]:
    """Send events when the block's run starts and ends; runs inside the block become parts of it.

    Parameters
    ----------
    store
        The store that the run is about.
    facts
        Called when it starts, and again when it ends.
    """
    enclosing = _ENCLOSING.get()
    outer = enclosing.runs if enclosing else ()
    with nullcontext(enclosing.emitter) if enclosing else own_emitter(store) as emitter:

        def send(state: RunState, status: str, error: BaseException | None = None) -> None:
            emitter.send(lambda: run_event(store, state, facts(status, error), outer))

        entered = _ENCLOSING.set(_Enclosing(emitter, (*outer, run_name(facts("running", None)))))
        try:
            send(RunState.START, "running")
            yield
            send(RunState.COMPLETE, "completed")
        except BaseException as error:
            is_failure = isinstance(error, Exception)  # and not a signal
            send(RunState.FAIL if is_failure else RunState.ABORT, "failed", error)
            raise
        finally:
            _ENCLOSING.reset(entered)
