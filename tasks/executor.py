"""Runs jobs over shards: one after another, or on Ray workers. No other module imports Ray.

Both backends use one thread: the floats of a linear algebra library depend on the number of threads, and
workers that each start one thread per core slow each other down.
"""

import atexit
import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import cv2
import threadpoolctl

from shls_core.errors import InputError, WorkerLost
from storage.files.location import PUBLIC_SETTINGS
from tasks.runs.execution_config import Backend

Job = TypeVar("Job")
Result = TypeVar("Result")

_MAX_ATTEMPTS = 6
_CONNECT_SECONDS = 5.0
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


def run_jobs(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    backend: Backend,
    workers: int,
    gpu_each: bool = False,
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

    Raises
    ------
    WorkerLost
        If the same job lost its worker at every attempt.
    InputError
        If the cluster that RAY_ADDRESS names does not answer, has fewer cores than `workers`, or no GPU where
        one is needed.
    """
    if not jobs:
        return
    if backend == "serial":
        with one_thread():
            yield from map(work, jobs)
    else:
        yield from _run_on_ray(work, jobs, workers, gpu_each)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread inside the block."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


def _run_on_ray(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int, gpu_each: bool
) -> Iterator[Result]:
    import ray.exceptions as lost
    from ray.util import ActorPool

    # A new pool: results of jobs that an earlier, failed run left in flight do not come back in this one.
    pool: Any = ActorPool(_workers.started(workers, gpu_each))
    for job in jobs:
        pool.submit(lambda worker, item: worker.run.remote(work, item), job)
    try:
        while pool.has_next():
            yield pool.get_next_unordered()
    except lost.RayTaskError as error:
        raise error.cause from None
    except SystemError as error:  # how Ray wraps an exception that a signal raised while it waited
        raise error.__cause__ or error from None
    except (lost.RayActorError, lost.WorkerCrashedError, lost.OutOfMemoryError) as error:
        what = str(error).splitlines()[0]
        raise WorkerLost(f"a worker died {_MAX_ATTEMPTS} times on the same work: {what}") from error


class _Workers:
    """The Ray workers of this process: started once, kept from stage to stage."""

    def __init__(self) -> None:
        self._handles: list[Any] = []
        self._asked_for: tuple[int, bool] | None = None
        self._cores_of_own_ray = 0

    def started(self, count: int, gpu_each: bool) -> list[Any]:
        """Return `count` workers, or fewer if there are fewer GPUs; Ray replaces a worker that dies."""
        import ray

        if self._asked_for != (count, gpu_each) or not self._handles or not ray.is_initialized():
            self.stop()
            self._start_ray(count)
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

    def _start_ray(self, count: int) -> None:
        import ray

        if ray.is_initialized():
            if not 0 < self._cores_of_own_ray < count:
                return
            ray.shutdown()
        # An address in the environment means: join that cluster. Without one, a local one is started.
        address = os.environ.get("RAY_ADDRESS")
        self._cores_of_own_ray = 0 if address else count
        own: dict[str, Any] = {} if address else {"num_cpus": count, "include_dashboard": False}
        if address:
            _refuse_silent(address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # On every start, Ray warns that it uses its default.
        logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
        try:
            with _sigterm_handler_kept():
                ray.init(
                    **own,
                    configure_logging=False,
                    log_to_driver=False,
                    runtime_env={"env_vars": _ONE_THREAD | _bucket_settings()},
                )
        except ConnectionError as error:
            raise InputError(
                f"expected the Ray cluster of RAY_ADDRESS to let this process in: {error}; "
                "RAY_AUTH_MODE=token if it asks for one"
            ) from error
        # Despite log_to_driver=False, Ray prints lost workers on the standard output of this process.
        ray._private.worker._worker_logs_enabled = False
        atexit.register(ray.shutdown)


def _bucket_settings() -> dict[str, str]:
    """Return the environment variables for object storage that workers get.

    Workers on this machine inherit the whole environment. Workers of a cluster get only what is not secret:
    Ray shows these variables to everybody who can see the cluster, and the cluster has its own credentials.
    """
    return {name: os.environ[name] for name in PUBLIC_SETTINGS if name in os.environ}


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


def _refuse_silent(address: str) -> None:
    """Raise if nothing listens at the address of a cluster: Ray itself would try for many minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon and address in ("auto", "local"):
        return
    if not colon or not re.fullmatch(r"[\w.:\[\]-]+", host):
        raise InputError(f"expected auto or HOST:PORT of a Ray cluster in RAY_ADDRESS, got {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise InputError(f"expected a Ray cluster at {address} (RAY_ADDRESS): {error}") from error


@contextmanager
def _sigterm_handler_kept() -> Iterator[None]:
    """Restore the handler of SIGTERM after Ray has set its own, which prints registers and aborts."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():  # a handler can be set only there
        signal.signal(signal.SIGTERM, handler)


_workers = _Workers()


class _Worker:
    """A Ray actor: keeps its imports, its caches and its single thread from job to job."""

    def run(self, work: Callable[[Job], Result], job: Job) -> Result:
        with one_thread():
            return work(job)
