"""Jobs in flight on workers, and when they are late."""

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tasks.runs.own_process import GRACE_SECONDS

_LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Flight:
    """A worker, and the job that it is at work on.

    Attributes
    ----------
    worker : object
        A handle.
    job : object
        None for a worker that only starts: no job's time passes meanwhile.
    key : bytes
        Under which the worker notes what it is at work on if the job is late.
    began : float
        When a worker had the job for the first time, on the monotonic clock, in seconds.
    losses : int
        Workers that were lost with it.
    """

    worker: Any
    job: object = None
    key: bytes = field(default_factory=lambda: uuid.uuid4().bytes)
    began: float = field(default_factory=time.monotonic)
    losses: int = 0

    def seconds_left(self, seconds: float) -> float:
        """Return how much of a limit is left."""
        return self.began + seconds - time.monotonic()


def seconds_to_wait(flights: Iterable[Flight], seconds: float) -> float | None:
    """Return how long to wait until somebody looks whether a job is late; None if there is none."""
    left = [flight.seconds_left(seconds) for flight in flights if flight.job is not None]
    return max(_LOOK_SECONDS, min(left)) if left else None


def late_ones(flights: Iterable[Flight], seconds: float) -> list[Flight]:
    """Return those whose limit is over."""
    return [flight for flight in flights if flight.job is not None and flight.seconds_left(seconds) <= 0]


def is_mute(flight: Flight, seconds: float) -> bool:
    """Return whether a worker whose limit is over has also had the time to say what it is at work on."""
    return flight.seconds_left(seconds) <= -GRACE_SECONDS
