"""Handing jobs to Ray workers, one at a time each, until all are done: workers and nodes may be lost."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shls_core.errors import InputError, NodeRefused, WorkerLost
from tasks.cluster.handshake import note_machine, refuse_other_code
from tasks.cluster.pool import pool
from tasks.cluster.workers import RollCall
from tasks.runs.at_work import JobTimedOut
from tasks.runs.flights import Flight, is_mute, late_ones, seconds_to_wait

_MAX_LOSSES = 6
"""Workers that may be lost with one job: then it is the job that kills them."""
_MAX_STARTS = 100
"""Workers that may be lost, one after the other, before one is up: nodes of a cluster come and go."""
_NO_LIMIT_SECONDS = 1e7  # four months


@dataclass
class Dispatch:
    """Jobs on their way to workers and back.

    A job is sent to a worker that has just said that it is up. If that one is lost, the job goes to the next
    that is up, and another worker takes the place of the lost one. Ray's own repetitions would count each
    call of a node that is gone as an attempt, and end a job that never began.

    Attributes
    ----------
    work
        A module-level function of one job.
    roll
        Waits for workers, and says how many there are.
    seconds
        Longest time for one job, all attempts together; None: any.
    expected
        The code that workers compare with their node's (`tasks.cluster.handshake.expectation`); None: any.
    """

    work: Callable[[Any], Any]
    roll: RollCall
    seconds: float | None
    expected: Mapping[str, Any] | None
    _flights: dict[Any, Flight] = field(default_factory=dict, init=False)
    _waiting: deque[tuple[Any, Flight | None]] = field(default_factory=deque, init=False)
    _idle: deque[Any] = field(default_factory=deque, init=False)

    def results(self, jobs: Sequence[Any], workers: Sequence[Any]) -> Iterator[Any]:
        """Yield the result of every job, in the order in which they finish.

        Raises
        ------
        WorkerLost
            If one job lost its worker again and again.
        JobTimedOut
            If a job took longer than it may.
        NodeRefused
            If a node has other code.
        InputError
            If a cluster will not have room for the workers.
        """
        import ray
        import ray.exceptions as lost

        # References of this run alone: jobs that a failed run left in flight do not come back in it.
        for worker in workers:
            self._ask(worker)
        self._waiting.extend((job, None) for job in jobs)
        try:
            self.roll.await_least(list(self._flights))
            while self._waiting or any(flight.job is not None for flight in self._flights.values()):
                for reference in self._landed():
                    flight = self._flights.pop(reference)
                    try:
                        answer: Any = ray.get(reference)
                    except (lost.RayActorError, lost.WorkerCrashedError, lost.OutOfMemoryError) as error:
                        self._lose(flight, error)
                        continue
                    self._idle.append(flight.worker)
                    said = answer if flight.job is None else answer[0]
                    refuse_other_code(said, self.expected)
                    note_machine(said)
                    self._send()
                    if flight.job is not None:
                        yield answer[1]
                self._send()
                self.roll.look([*(flight.worker for flight in self._flights.values()), *self._idle])
        except (NodeRefused, InputError):
            pool.stop()  # an autoscaler is not left with workers it cannot place; a node may be put right
            raise
        except lost.RayTaskError as error:
            raise error.cause from None
        except SystemError as error:  # how Ray wraps an exception that a signal raised while it waited
            raise error.__cause__ or error from None

    def _ask(self, worker: Any, losses: int = 0) -> None:
        self._flights[worker.ready.remote(self.expected)] = Flight(worker, losses=losses)

    def _send(self) -> None:
        """Give a job to every worker that has none, as long as there are any."""
        import ray

        pickled: Any = ray.cloudpickle.dumps  # untyped
        while self._idle and self._waiting:
            worker = self._idle.popleft()
            job, lost = self._waiting.popleft()
            begun = replace(lost, worker=worker) if lost else Flight(worker, job)
            left = begun.seconds_left(self._limit)
            reference = worker.run.remote(self.expected, pickled((self.work, job)), begun.key, left)
            self._flights[reference] = begun

    @property
    def _limit(self) -> float:
        return self.seconds or _NO_LIMIT_SECONDS

    def _landed(self) -> list[Any]:
        """Wait for answers, not longer than until somebody has to look after workers or late jobs."""
        import ray

        until_late = seconds_to_wait(self._flights.values(), self._limit) or _NO_LIMIT_SECONDS
        done, _ = ray.wait(list(self._flights), timeout=min(until_late, self.roll.seconds))
        if not done:
            _end_late(late_ones(self._flights.values(), self._limit), self._limit)
        return list(done)

    def _lose(self, flight: Flight, error: Exception) -> None:
        what, losses = str(error).splitlines()[0], flight.losses + 1
        if flight.job is None:
            if losses == _MAX_STARTS:
                raise WorkerLost(f"a worker died at each of {_MAX_STARTS} starts: {what}") from error
            self._ask(pool.replaced(flight.worker), losses)
            return
        if losses == _MAX_LOSSES:
            raise WorkerLost(f"a worker died {_MAX_LOSSES} times on the same work: {what}") from error
        self._waiting.appendleft((flight.job, replace(flight, losses=losses)))
        self._ask(pool.replaced(flight.worker))


def _end_late(late: Sequence[Flight], seconds: float) -> None:
    """Kill all workers and raise if one said what it is late with, or had the time to; it hears nothing."""
    from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_get

    for flight in late:
        row = _internal_kv_get(flight.key)
        if row is not None or is_mute(flight, seconds):
            _internal_kv_del(flight.key)
            pool.stop()
            said = (row or b"").decode()
            raise JobTimedOut(f"a job took longer than {seconds:g} s", flight.job, seconds, said)
