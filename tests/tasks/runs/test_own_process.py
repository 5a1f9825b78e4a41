"""Jobs in a process of their own: their results, their errors, and the end of one that hangs."""

import os
import signal
import time

import pytest

from shls_core.errors import SampleError, WorkerLost
from tasks.runs.at_work import JobTimedOut, working_on
from tasks.runs.own_process import run_in_own_process


def work(job):
    what, value = job
    if what == "square":
        return value * value, os.getpid()
    if what == "fail":
        raise SampleError(value)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    working_on(value)
    return time.sleep(1000)


def test_results_come_in_order_from_one_other_process():
    results = list(run_in_own_process(work, [("square", 2), ("square", 3)], 100))
    assert [value for value, _ in results] == [4, 9]
    pids = {pid for _, pid in results}
    assert len(pids) == 1
    assert os.getpid() not in pids
    with pytest.raises(ProcessLookupError):  # it ended with the last job
        os.kill(pids.pop(), 0)


def test_an_error_of_a_job_comes_through():
    results = run_in_own_process(work, [("square", 2), ("fail", "too small")], 100)
    assert next(results)[0] == 4
    with pytest.raises(SampleError) as raised:
        next(results)
    assert raised.value.reason == "too small"


def test_a_job_that_hangs_is_ended_and_named():
    results = run_in_own_process(work, [("square", 2), ("hang", "row-7")], 0.5)
    _, pid = next(results)
    with pytest.raises(JobTimedOut) as raised:
        next(results)
    assert (raised.value.job, raised.value.seconds, raised.value.row) == (("hang", "row-7"), 0.5, "row-7")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_dies_is_a_lost_worker():
    with pytest.raises(WorkerLost, match="ended with -9"):
        list(run_in_own_process(work, [("die", None)], 100))
