"""Runs jobs over shards: one after another, or on the Ray workers of `tasks.cluster`.

Both backends use one thread: the floats of a linear algebra library depend on the number of threads, and
workers that each start one thread per core slow each other down.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tasks.cluster.dispatch import Dispatch
from tasks.cluster.handshake import JobCode, expectation
from tasks.cluster.pool import pool
from tasks.cluster.workers import RollCall
from tasks.runs.execution_config import Backend, StageResources
from tasks.runs.own_process import run_in_own_process
from tasks.runs.process_state import one_thread
from tasks.runs.ray_settings import cluster_address
from tasks.runs.worker_range import worker_range

Job = TypeVar("Job")
Result = TypeVar("Result")


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
        asked, each = worker_range(workers), resources or StageResources()
        started = pool.started(asked, each)
        is_ours = cluster_address() is None
        expected = expectation(code, asks_machine=not is_ours) if code else None
        roll = RollCall(asked.least, each, is_ours)
        yield from Dispatch(work, roll, job_timeout_seconds, expected).results(jobs, started)


def in_one_thread(work: Callable[[Job], Result], job: Job) -> Result:
    """Do one job with one thread."""
    with one_thread():
        return work(job)
