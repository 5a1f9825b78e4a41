"""Runs jobs over shards: one after another, or on Ray workers. `tasks.training.workers` imports Ray, too.

Both backends use one thread: the floats of a linear algebra library depend on the number of threads, and
workers that each start one thread per core slow each other down.
"""

import atexit
import functools
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from shls_core.errors import InputError, StageError, WorkerLost
from tasks.runs.at_work import JobTimedOut, Reporter
from tasks.runs.execution_config import Backend
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
    workers: int,
    gpu_each: bool = False,
    job_timeout_seconds: float | None = None,
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
        Ray workers; one job is in flight per worker. ``serial`` uses none.
    gpu_each
        Whether every worker has a GPU of its own; then there are at most as many workers as GPUs.
    job_timeout_seconds
        Longest time for one job, all attempts together; None: any. With one, ``serial`` works in a process of
        its own, which can be ended.

    Raises
    ------
    JobTimedOut
        If a job took longer.
    WorkerLost
        If the same job lost its worker at every attempt.
    InputError
        If the cluster that RAY_ADDRESS names does not answer, has fewer cores than `workers`, or no GPU where
        one is needed.
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
        seconds = job_timeout_seconds or _NO_LIMIT_SECONDS
        yield from _run_on_ray(work, jobs, _workers.started(workers, gpu_each), seconds)


def in_one_thread(work: Callable[[Job], Result], job: Job) -> Result:
    """Do one job with one thread."""
    with one_thread():
        return work(job)


def start_ray(cores: int) -> None:
    """Start a Ray of some cores, or join that of RAY_ADDRESS; workers of `run_jobs` end, to make room."""
    prepare_import()
    _workers.stop()
    _workers.start_ray(cores)


def _run_on_ray(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: Sequence[Any], seconds: float
) -> Iterator[Result]:
    import ray
    import ray.exceptions as lost

    # References of this run alone: jobs that an earlier, failed run left in flight do not come back in it.
    flights = {worker.ready.remote(): Flight(worker) for worker in workers}
    waiting = deque(jobs)
    try:
        while waiting or any(flight.job is not None for flight in flights.values()):
            done, _ = ray.wait(list(flights), timeout=seconds_to_wait(flights.values(), seconds))
            if not done:
                _end_late(late_ones(flights.values(), seconds), seconds)
            for reference in done:
                flight = flights.pop(reference)
                if waiting:
                    begun = Flight(flight.worker, waiting.popleft())
                    flights[begun.worker.run.remote(work, begun.job, begun.key, seconds)] = begun
                result = ray.get(reference)
                if flight.job is not None:
                    yield result
    except lost.RayTaskError as error:
        raise error.cause from None
    except SystemError as error:  # how Ray wraps an exception that a signal raised while it waited
        raise error.__cause__ or error from None
    except (lost.RayActorError, lost.WorkerCrashedError, lost.OutOfMemoryError) as error:
        what = str(error).splitlines()[0]
        raise WorkerLost(f"a worker died {_MAX_ATTEMPTS} times on the same work: {what}") from error


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
        self._asked_for: tuple[int, bool] | None = None
        self._cores_of_own_ray = 0

    def started(self, count: int, gpu_each: bool) -> list[Any]:
        """Return `count` workers, or fewer if there are fewer GPUs; Ray replaces a worker that dies."""
        prepare_import()
        import ray

        if self._asked_for != (count, gpu_each) or not self._handles or not ray.is_initialized():
            self.stop()
            self.start_ray(count)
            _refuse_too_many(count)
            # Ray replaces a dead worker any number of times; a job fails after a few attempts.
            worker = ray.remote(max_restarts=-1, max_task_retries=_MAX_ATTEMPTS - 1)(_Worker)
            # Without this resource Ray hides the GPUs from a worker; with it, each worker sees only its own.
            resources = {"num_cpus": 1} | ({"num_gpus": 1} if gpu_each else {})
            number = min(count, _num_gpus()) if gpu_each else count
            self._handles = [worker.options(**resources).remote() for _ in range(number)]
            self._asked_for = (count, gpu_each)
        return self._handles

    def stop(self) -> None:
        """Kill the workers, even in the middle of a job, so that their cores are free for others."""
        import ray

        handles, self._handles = self._handles, []
        for handle in handles if ray.is_initialized() else ():
            ray.kill(handle)

    def start_ray(self, count: int) -> None:
        """Start or join Ray, if it is not up with as many cores."""
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
        with muted():
            _initialise(address=address)
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


def _initialise(**options: Any) -> None:
    import ray

    ray.init(
        **options,
        configure_logging=False,
        log_to_driver=False,
        runtime_env={"env_vars": worker_settings()},
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _refuse_too_many(count: int) -> None:
    """Raise if a cluster has fewer cores than workers: Ray would wait for them without a message."""
    import ray

    resources: Any = ray.cluster_resources  # untyped
    cores = int(resources().get("CPU", 0))
    if cores < count:
        raise InputError(
            f"expected a Ray cluster of {count} cores for {count} workers, got one of {cores} (RAY_ADDRESS)"
        )


def _num_gpus() -> int:
    """Return the number of GPUs that Ray has, at least 1."""
    import ray

    resources: Any = ray.cluster_resources  # untyped
    found = int(resources().get("GPU", 0))
    if found == 0:
        raise InputError("expected a GPU for the workers, Ray has none; use execution.device: cpu")
    return found


_workers = _Workers()


class _Worker:
    """A Ray actor: keeps its imports, its caches and its single thread from job to job."""

    def ready(self) -> None:
        """Return as soon as the worker is there."""

    def run(self, work: Callable[[Job], Result], job: Job, key: bytes, seconds: float) -> Result:
        from ray.experimental.internal_kv import _internal_kv_put

        with Reporter(seconds, lambda row: _internal_kv_put(key, row.encode())).watching():
            return in_one_thread(work, job)
