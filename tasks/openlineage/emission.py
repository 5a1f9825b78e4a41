"""Telling others of a run while it goes on: that it began, and how it ended.

A run never fails for it: what keeps an event from being sent is told once, and no more events are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openlineage.client.event_v2 import RunEvent, RunState

from storage.store import Store
from tasks.openlineage.destination import client_of
from tasks.openlineage.run_event import run_event
from tasks.openlineage.run_name import RunName, run_name
from tasks.terminal import tell

if TYPE_CHECKING:
    from tasks.ledger import RunFacts

_FLUSH_SECONDS = 10.0


class Emitter:
    """Sends events to where they are to go, until one cannot be sent.

    Parameters
    ----------
    store
        The store that the runs are about.
    """

    def __init__(self, store: Store) -> None:
        self._client = None
        with self._failures_told():
            self._client = client_of(store)

    def send(self, make: Callable[[], RunEvent]) -> None:
        """Make an event and send it; do neither where nobody is told."""
        if self._client is not None:
            with self._failures_told():
                self._client.emit(make())

    def close(self) -> None:
        """Wait for what a transport sends by itself in the background."""
        if self._client is not None:
            with self._failures_told():
                self._client.close(_FLUSH_SECONDS)

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of any transport, a person's own among them
            self._client = None
            reason = " ".join(str(error).split())
            tell(f"warning: no more OpenLineage events of this run: {type(error).__name__}: {reason}")


@dataclass(frozen=True)
class _Around:
    """The runs that this one is a part of, outermost first, and who sends their events."""

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
    emitter = around.emitter if around else Emitter(store)
    outer = around.runs if around else ()

    def send(state: RunState, status: str, error: BaseException | None = None) -> None:
        emitter.send(lambda: run_event(store, state, facts(status, error), outer))

    entered = _AROUND.set(_Around(emitter, (*outer, run_name(facts("running", None)))))
    try:
        send(RunState.START, "running")
        yield
        send(RunState.COMPLETE, "completed")
    except BaseException as error:
        stopped_from_outside = not isinstance(error, Exception)
        send(RunState.ABORT if stopped_from_outside else RunState.FAIL, "failed", error)
        raise
    finally:
        _AROUND.reset(entered)
        if not around:
            emitter.close()
