"""Runs jobs over shards: one after another, or on Ray workers. Beside it only `tasks.cluster` imports Ray.

Both backends use one thread: the floats of a linear algebra library depend on the number of threads, and
workers that each start one thread per core slow each other down.
"""

import atexit
import functools
import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from shls_core.errors import InputError, NodeRefused, StageError, WorkerLost
from storage.provenance import syntax
from tasks.cluster import actor
from tasks.cluster.handshake import JobCode, expectation, note_machine, refuse_other_code
from tasks.cluster.resources import ray_options
from tasks.cluster.shipping import packages_to_ship, runtime_environment
from tasks.cluster.workers import RollCall
from tasks.runs.at_work import JobTimedOut
from tasks.runs.execution_config import Backend, StageResources, WorkerRange, worker_range
from tasks.runs.flights import Flight, is_mute, late_ones, seconds_to_wait
from tasks.runs.limits import RAY, refuse_low_limits
from tasks.runs.own_process import run_in_own_process
from tasks.runs.process_state import muted, one_thread, sigterm_handler_kept
from tasks.runs.ray_folder import RayFolder
from tasks.runs.ray_settings import cluster_address, prepare_import, refuse_silent, worker_settings
from tasks.terminal import print_line

Job = TypeVar("Job")
Result = TypeVar("Result")

_MAX_ATTEMPTS = 6
_NO_LIMIT_SECONDS = 1e7  # four months
# Jobs and results are references of some kB. By default Ray would reserve a third of the machine's memory.
_OBJECT_STORE_BYTES = 128 * 2**20


def run_jobs(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    backend: Backend,
    workers: int | str,
    job_timeout_seconds: float | None = None,
    resources: StageResources | None = None,
    code: JobCode | None = None,
) -> Iterator[Result]:
    """Yield the result of every job, in the order in which they finish.

    Parameters
    ----------
    work
        A module-level function of one job.
    jobs
        Small, picklable pieces of work that do not depend on each other.
    backend
        ``serial`` or ``ray``. The results are the same.
    workers
        Ray workers, ``N`` or ``MIN..MAX``; one job is in flight per worker. ``serial`` uses none.
    job_timeout_seconds
        Longest time for one job, all attempts together; None: any. With one, ``serial`` works in a process of
        its own, which can be ended.
    resources
        What each Ray worker reserves; by default one core.
    code
        What the jobs run: a worker whose node has other code does none. None: whatever there is.

    Raises
    ------
    JobTimedOut
        If a job took longer.
    WorkerLost
        If the same job lost its worker at every attempt.
    NodeRefused
        If a node has other code or packages than `code` says.
    InputError
        If the cluster that RAY_ADDRESS names does not answer, or will not have room for the workers.
    """
    if not jobs:
        return
    if backend == "serial":
        if job_timeout_seconds:
            yield from run_in_own_process(functools.partial(in_one_thread, work), jobs, job_timeout_seconds)
            return
        with one_thread():
            yield from map(work, jobs)
    else:
        asked, each, seconds = worker_range(workers), resources or StageResources(), job_timeout_seconds
        is_ours = cluster_address() is None
        expected = expectation(code, asks_machine=not is_ours) if code else None
        pool, roll = _workers.started(asked, each), RollCall(asked.least, each, is_ours)
        yield from _run_on_ray(work, jobs, pool, roll, seconds or _NO_LIMIT_SECONDS, expected)


def in_one_thread(work: Callable[[Job], Result], job: Job) -> Result:
    """Do one job with one thread."""
    with one_thread():
        return work(job)


def _run_on_ray(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: Sequence[Any],
    roll: RollCall,
    seconds: float,
    expected: Mapping[str, Any] | None,
) -> Iterator[Result]:
    import ray
    import ray.exceptions as lost

    pickled: Any = ray.cloudpickle.dumps  # untyped

    # References of this run alone: jobs that an earlier, failed run left in flight do not come back in it.
    flights = {worker.ready.remote(expected): Flight(worker) for worker in workers}
    waiting, idle = deque(jobs), deque[Any]()

    def begin() -> None:
        while waiting and idle:
            begun = Flight(idle.popleft(), waiting.popleft())
            job = pickled((work, begun.job))
            flights[begun.worker.run.remote(expected, job, begun.key, seconds)] = begun

    try:
        _await(roll, list(flights))
        while waiting or any(flight.job is not None for flight in flights.values()):
            until_late = seconds_to_wait(flights.values(), seconds) or _NO_LIMIT_SECONDS
            done, _ = ray.wait(list(flights), timeout=min(until_late, roll.seconds))
            if not done:
                _end_late(late_ones(flights.values(), seconds), seconds)
            for reference in done:
                flight = flights.pop(reference)
                answer: Any = ray.get(reference)
                said = answer[0] if flight.job is not None else answer
                refuse_other_code(said, expected)
                note_machine(said)
                idle.append(flight.worker)
                begin()
                if flight.job is not None:
                    yield answer[1]
            waiting.extend(roll.look(flights, idle, time.monotonic()))
            begin()
    except NodeRefused:
        _workers.stop()  # where the node is put right, the next ones look again
        raise
    except lost.RayTaskError as error:
        raise error.cause from None
    except SystemError as error:  # how Ray wraps an exception that a signal raised while it waited
        raise error.__cause__ or error from None
    except (lost.RayActorError, lost.WorkerCrashedError, lost.OutOfMemoryError) as error:
        what = str(error).splitlines()[0]
        raise WorkerLost(f"a worker died {_MAX_ATTEMPTS} times on the same work: {what}") from error


def _await(roll: RollCall, ready: Sequence[Any]) -> None:
    """Wait for the workers without which no work begins; an autoscaler is not left with refused ones."""
    try:
        roll.await_least(ready)
    except InputError:
        _workers.stop()
        raise


def _end_late(late: Sequence[Flight], seconds: float) -> None:
    """Kill all workers and raise if one said what it is late with, or had the time to; it hears nothing."""
    from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_get

    for flight in late:
        row = _internal_kv_get(flight.key)
        if row is not None or is_mute(flight, seconds):
            _internal_kv_del(flight.key)
            _workers.stop()
            said = (row or b"").decode()
            raise JobTimedOut(f"a job took longer than {seconds:g} s", flight.job, seconds, said)


class _Workers:
    """The Ray workers of this process: started once, kept from stage to stage."""

    def __init__(self) -> None:
        self._handles: list[Any] = []
        self._asked_for: tuple[WorkerRange, StageResources] | None = None
        self._cores_of_own_ray = 0

    def started(self, asked: WorkerRange, resources: StageResources) -> list[Any]:
        """Return as many workers as asked for, up or not; Ray replaces one that dies."""
        prepare_import()
        import ray

        send: Any = ray.cloudpickle.register_pickle_by_value  # untyped
        for module in (actor, syntax):  # workers get them as they are here
            send(module)
        if self._asked_for != (asked, resources) or not self._handles or not ray.is_initialized():
            self.stop()
            self._start_ray(math.ceil(asked.most * resources.cpus))
            # Ray replaces a dead worker any number of times; a job fails after a few attempts.
            worker = ray.remote(max_restarts=-1, max_task_retries=_MAX_ATTEMPTS - 1)(actor.Actor)
            options = ray_options(resources)
            self._handles = [worker.options(**options).remote() for _ in range(asked.most)]
            self._asked_for = (asked, resources)
        return self._handles

    def stop(self) -> None:
        """Kill the workers, even in the middle of a job, so that their cores are free for others."""
        import ray

        handles, self._handles = self._handles, []
        for handle in handles if ray.is_initialized() else ():
            ray.kill(handle)

    def _start_ray(self, count: int) -> None:
        import ray

        if ray.is_initialized():
            if not 0 < self._cores_of_own_ray < count:
                return
            ray.shutdown()
        address = cluster_address()
        self._cores_of_own_ray = 0 if address else count
        # On every start, Ray warns that it uses its default.
        logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
        with sigterm_handler_kept():  # Ray's own prints registers and aborts
            if address:
                _join(address)
            else:
                _start_own(count)
        # Despite log_to_driver=False, Ray prints lost workers on the standard output of this process.
        ray._private.worker._worker_logs_enabled = False
        atexit.register(ray.shutdown)


def _start_own(count: int) -> None:
    """Start a Ray that only this user on this machine can reach."""
    import ray

    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False  # even where Ray was imported before
    refuse_low_limits(RAY)
    folder = RayFolder()
    atexit.register(folder.remove)  # at exit, what was registered last runs first
    try:
        _initialise(
            address="local",
            num_cpus=count,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _temp_dir=str(folder.path),
        )
    except Exception as error:  # of any kind: Ray has no class of its own for this
        ray.shutdown()
        folder.remove()
        raise StageError(
            f"expected Ray to start on this machine: {_first_line(error)}; --backend serial works without "
            "it, `shls doctor --thorough` shows what is wrong"
        ) from error


def _join(address: str) -> None:
    refuse_silent(address)
    try:
        with muted(), packages_to_ship() as packages:
            _initialise(packages, address=address)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"expected the Ray cluster of RAY_ADDRESS to let this process in: {_first_line(error)}; "
            "RAY_AUTH_MODE=token if it asks for one"
        ) from error
    if os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        print_line(
            f"warning: the Ray cluster at {address} asks for no token: whoever can reach it can run code on "
            "it (RAY_AUTH_MODE=token when it is started)"
        )


def _initialise(packages: Sequence[Path] = (), **options: Any) -> None:
    import ray

    environment = runtime_environment(worker_settings(), packages)
    ray.init(**options, configure_logging=False, log_to_driver=False, runtime_env=environment)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


_workers = _Workers()
