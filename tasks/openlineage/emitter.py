"""Sending events, as long as that works: a run never fails for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openlineage.client.event_v2 import RunEvent

from storage.store import Store
from tasks.openlineage.complaints import Complaints, one_line, printed_complaints
from tasks.openlineage.destination import client_of
from tasks.terminal import print_line

_FLUSH_SECONDS = 10.0


class Emitter:
    """Sends events to where they are to go. What keeps one from being sent is told, and no more are tried.

    Parameters
    ----------
    store
        The store that the runs are about.
    complaints
        Those of the client.
    """

    def __init__(self, store: Store, complaints: Complaints) -> None:
        self._client = None
        with self._ending_events():
            client = client_of(store)
            # A configuration that it cannot read the client logs, and goes on as if there were none.
            self._client = None if complaints.has_error else client

    def send(self, make: Callable[[], RunEvent]) -> None:
        """Make an event and send it; do neither where nobody is told."""
        if self._client is not None:
            with self._ending_events():
                self._client.emit(make())

    def close(self) -> None:
        """Wait for what a transport sends by itself in the background."""
        if self._client is not None:
            with self._ending_events():
                self._client.close(_FLUSH_SECONDS)

    @contextmanager
    def _ending_events(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of any transport, a person's own among them
            self._client = None
            print_line(
                f"warning: no more OpenLineage events of this run: {type(error).__name__}: {one_line(error)}"
            )


@contextmanager
def own_emitter(store: Store) -> Iterator[Emitter]:
    """Return who sends the events of the block."""
    with printed_complaints() as complaints:
        emitter = Emitter(store, complaints)
        try:
            yield emitter
        finally:
            emitter.close()
