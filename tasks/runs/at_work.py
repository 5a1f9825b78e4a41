"""What a worker is at work on, and what is known when a job takes too long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shls_core.errors import StageError


@dataclass
class _AtWork:
    row: str = ""


_now = _AtWork()


def working_on(row: str) -> None:
    """Take note of the row that this process makes next, by its sample id."""
    _now.row = row


class JobTimedOut(StageError):
    """A job took longer than it may.

    Attributes
    ----------
    job : object
        The job, as it was given.
    seconds : float
        The limit.
    row : str
        Sample id of the row that it was at work on; empty if the worker could not say.
    """

    def __init__(self, message: str, job: object = None, seconds: float = 0, row: str = "") -> None:
        super().__init__(message)
        self.job, self.seconds, self.row = job, seconds, row


@dataclass(frozen=True)
class Reporter:
    """Sends the row at work when a job is late: by a thread, while the job hangs in a decoder.

    A decoder that keeps Python's lock keeps the thread from running, too: then nothing is sent.
    """

    seconds: float
    send: Callable[[str], object] = field(repr=False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Send the row at work if the block takes longer than the limit."""
        timer = threading.Timer(self.seconds, lambda: self.send(_now.row))
        timer.daemon = True
        working_on("")
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
