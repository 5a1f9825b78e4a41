import os
import socket

import cv2
import pytest
import threadpoolctl

from shls_core.errors import InputError
from tasks.executor import run_jobs
from tasks.runs.process_state import muted, one_thread
from tasks.runs.ray_settings import refuse_silent, worker_settings


def num_threads(_=None):
    pools = threadpoolctl.threadpool_info()
    assert pools
    return {cv2.getNumThreads(), *(pool["num_threads"] for pool in pools)}


@pytest.fixture
def two_threads():
    cv2.setNumThreads(2)
    with threadpoolctl.threadpool_limits(2):
        yield
    cv2.setNumThreads(1)


def test_work_is_done_on_one_thread_and_the_caller_gets_its_threads_back(two_threads):
    assert num_threads() == {2}
    assert list(run_jobs(num_threads, [1, 2], "serial", workers=3)) == [{1}, {1}]
    assert num_threads() == {2}
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert num_threads() == {2}


def test_results_come_one_by_one():
    done = []
    results = run_jobs(lambda job: done.append(job) or job, [3, 1, 2], "serial", workers=1)
    assert next(results) == 3
    assert done == [3]
    assert list(results) == [1, 2]


def test_an_error_of_a_job_comes_through_as_it_is():
    error = KeyError("its own")

    def work(job):
        if job == 2:
            raise error
        return job

    results = run_jobs(work, [1, 2, 3], "serial", workers=1)
    assert next(results) == 1
    with pytest.raises(KeyError) as raised:
        next(results)
    assert raised.value is error


@pytest.mark.parametrize("backend", ["serial", "ray"])
def test_no_jobs_start_nothing(backend, monkeypatch):
    monkeypatch.setattr("tasks.executor.pool", None)
    assert list(run_jobs(num_threads, [], backend, workers=2)) == []


def test_workers_of_a_cluster_are_told_where_a_bucket_is_and_no_secret(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ALLOW_HTTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://objects.example")
    for secret in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(secret, "secret")
    settings = worker_settings()
    assert settings["AWS_ENDPOINT_URL"] == "https://objects.example"
    assert settings["OMP_NUM_THREADS"] == "1"
    assert "secret" not in settings.values()


def test_workers_of_a_cluster_are_given_no_address_with_a_password(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://user:secret@objects.example")
    assert not [value for value in worker_settings().values() if "secret" in value]


@pytest.mark.parametrize("address", ["user:hidden@host:1", "hidden@host", "user:hidden@host"])
def test_the_address_of_a_cluster_is_not_repeated_with_a_password(address):
    with pytest.raises(InputError, match=r"^expected auto or HOST:PORT .* got one with a user$"):
        refuse_silent(address)


def test_what_ray_prints_while_it_connects_is_kept_back(capfd, monkeypatch):
    monkeypatch.delenv("SHLS_DEBUG", raising=False)
    with muted():
        os.write(2, b"attempt 1\n")
    os.write(2, b"after\n")
    monkeypatch.setenv("SHLS_DEBUG", "1")
    with muted():
        os.write(2, b"attempt 2\n")
    assert capfd.readouterr().err == "after\nattempt 2\n"


def test_a_cluster_that_does_not_answer_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        for spelt in (address, "auto"):
            refuse_silent(spelt)
    with pytest.raises(InputError, match=f"^expected a Ray cluster at {address} \\(RAY_ADDRESS\\): [^\n]+$"):
        refuse_silent(address)


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "ray://user:hidden@host:1"])
def test_a_process_that_stays_outside_a_cluster_is_refused_with_the_remedy(address):
    with pytest.raises(
        InputError, match=r"^expected RAY_ADDRESS without ray://: .*RAY_ADDRESS=auto, or as"
    ) as e:
        refuse_silent(address)
    assert "hidden" not in str(e.value)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"^expected auto or HOST:PORT .* got '127.0.0.1:port'$"):
        refuse_silent("127.0.0.1:port")
