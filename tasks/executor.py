"""Runs jobs over shards: one after another, or on Ray workers. The one place that knows Ray.

Threads are pinned to one in both backends: the floats of a linear algebra library depend on their number, and
workers that each start as many threads as there are cores slow each other down.
"""

import atexit
import functools
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import cv2
import threadpoolctl

from shls_core.errors import WorkerLost
from tasks.execution_config import Backend

Job = TypeVar("Job")
Result = TypeVar("Result")

_MAX_RESTARTS = 5
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


def run_jobs(
    work: Callable[[Job], Result], jobs: Sequence[Job], backend: Backend, workers: int
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

    Raises
    ------
    WorkerLost
        If a worker died more often than it may be replaced.
    """
    if not jobs:
        return
    if backend == "serial":
        with one_thread():
            yield from map(work, jobs)
    else:
        yield from _run_on_ray(work, jobs, workers)


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


def _run_on_ray(work: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Result]:
    import ray.exceptions

    pool = _worker_pool(workers)
    for job in jobs:
        pool.submit(lambda worker, item: worker.run.remote(work, item), job)
    try:
        while pool.has_next():
            yield pool.get_next_unordered()
    except ray.exceptions.RayTaskError as error:
        _worker_pool.cache_clear()
        raise error.cause from None
    except (ray.exceptions.RayActorError, ray.exceptions.WorkerCrashedError) as error:
        _worker_pool.cache_clear()
        raise WorkerLost(f"a worker died {_MAX_RESTARTS + 1} times on the same work: {error}") from error


@functools.cache
def _worker_pool(workers: int) -> Any:
    """Start Ray and its workers once per process; a lost worker is replaced and its job run again."""
    import ray
    from ray.util import ActorPool

    _start_ray(workers)
    worker_class = ray.remote(max_restarts=_MAX_RESTARTS, max_task_retries=_MAX_RESTARTS)(_Worker)
    return ActorPool([worker_class.options(num_cpus=1).remote() for _ in range(workers)])


def _start_ray(workers: int) -> None:
    import ray

    if ray.is_initialized():
        return
    # An address in the environment means: join that cluster. Without one, a local one is started.
    own: dict[str, Any] = (
        {} if "RAY_ADDRESS" in os.environ else {"num_cpus": workers, "include_dashboard": False}
    )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # It warns on every start that its default is in force.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    ray.init(
        **own,
        configure_logging=False,
        log_to_driver=False,
        runtime_env={"env_vars": _ONE_THREAD},
    )
    atexit.register(ray.shutdown)


class _Worker:
    """A Ray actor: keeps its imports, its caches and its single thread from job to job."""

    def run(self, work: Callable[[Job], Result], job: Job) -> Result:
        with one_thread():
            return work(job)
