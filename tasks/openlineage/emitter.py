"""Sends events until the first failure; a run never fails because of events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from openlineage.client.event_v2 import RunEvent

from storage.store import Store
from tasks.openlineage.complaints import Complaints, one_line, printed_complaints
from tasks.openlineage.destination import client_of
from tasks.terminal import print_line

_FLUSH_SECONDS = 10.0


class Emitter:
    """Sends events to the configured destination. The first failure is printed, and no more are sent.

    Parameters
    ----------
    store
        The store that the runs are about.
    complaints
        Warnings and errors of the client.
    """

    def __init__(self, store: Store, complaints: Complaints) -> None:
        self._client = None
        with self._ending_events():
            client = client_of(store)
            # The client only logs that it cannot read a configuration, and continues without one.
            self._client = None if complaints.has_error else client

    def send(self, make: Callable[[], RunEvent]) -> None:
        """Make an event and send it; do neither if events are off or one has failed."""
        if self._client is not None:
            with self._ending_events():
                self._client.emit(make())

    def close(self) -> None:
        """Wait for events that a transport sends in the background."""
        if self._client is not None:
            with self._ending_events():
                self._client.close(_FLUSH_SECONDS)

    @contextmanager
    def _ending_events(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of any transport, also of one that a user wrote
            self._client = None
            print_line(
                f"warning: no more OpenLineage events of this run: {type(error).__name__}: {one_line(error)}"
            )


@contextmanager
def own_emitter(store: Store) -> Iterator[Emitter]:
    """Return the emitter of the block's events."""
    with printed_complaints() as complaints:
        emitter = Emitter(store, complaints)
        try:
            yield emitter
        finally:
            emitter.close()
