"""The same work on Ray workers: the same bytes, whatever happens to the workers."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from shls_core.errors import InputError, NodeRefused, SampleError, WorkerLost
from storage.provenance.environment import package_version
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from tasks.cluster.handshake import JobCode
from tasks.cluster.pool import pool
from tasks.executor import run_jobs
from tasks.runs.at_work import JobTimedOut, working_on
from tasks.runs.execution_config import StageResources
from tasks.staging import build_stage, shard_work

DIE_ONCE = """
import os, pathlib, signal, sys, time
from tasks.executor import run_jobs

def die_once(marker):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"

print(list(run_jobs(die_once, [pathlib.Path(sys.argv[1])], "ray", 1)))
time.sleep(1)  # news of the lost worker come on a thread of their own
"""

COUNT_ON_CLUSTER = """
from shls_core.errors import InputError
from tasks.cluster import workers as waiting
from tasks.executor import run_jobs

waiting._PATIENCE_SECONDS = 1
for workers in ("2..2", 1, "2..3"):
    try:
        print(list(run_jobs(len, ["abc", "de"], "ray", workers)))
    except InputError as error:
        print(error)
"""

# Every job waits for as many others as there are workers: each worker has to take part.
GPUS_ON_CLUSTER = """
import os, sys, tempfile, time
from pathlib import Path
import ray
from tasks.executor import run_jobs
from tasks.runs.execution_config import StageResources

def meet(job):
    folder, number, others = job
    (folder / str(number)).write_text(str(os.getpid()))
    while len(list(folder.iterdir())) < others:
        time.sleep(0.01)
    return os.getpid(), os.environ.get("CUDA_VISIBLE_DEVICES", "")

ray.cloudpickle.register_pickle_by_value(sys.modules["__main__"])
def met(number, gpus):
    folder = Path(tempfile.mkdtemp())
    each = StageResources(gpus=gpus)
    return list(run_jobs(meet, [(folder, n, number) for n in range(number)], "ray", 3, resources=each))

print(sorted({(gpu,) for _, gpu in met(2, 1)}))
without = met(3, 0)
print(len({pid for pid, _ in without}), "workers", {gpu for _, gpu in without})
"""


@pytest.fixture(scope="module", autouse=True)
def _local_ray():
    """Let workers know this module, which they cannot import, and leave no Ray behind."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        yield
        ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
        pool.stop()
        ray.shutdown()


@pytest.fixture
def short_path():
    """A folder whose path leaves room for the names of Ray's sockets."""
    with tempfile.TemporaryDirectory(prefix="ray-") as path:
        yield path


def square(number):
    return number * number


def fail_at_two(number):
    if number == 2:
        raise SampleError(f"job {number}")
    return number


def about_the_worker(_):
    import cv2
    import threadpoolctl

    threads = {cv2.getNumThreads(), *(pool["num_threads"] for pool in threadpoolctl.threadpool_info())}
    return os.getpid(), threads, "torch" in sys.modules, "prefect" in sys.modules


def test_one_worker_makes_the_bytes_that_this_process_makes(staged, store, photographs, stage_dataset):
    on_ray = stage_dataset(store, photographs, backend="ray", workers=1)
    assert on_ray.dataset == staged.dataset
    for name, outcome in on_ray.outcomes.items():  # the work of the worker is counted, too
        one, other = outcome.usage, staged.outcomes[name].usage
        assert one.written_bytes >= 0.8 * other.written_bytes > 0
        assert one.cpu_seconds >= 0.3 * other.cpu_seconds > 0
    assert {name: outcome.rows_computed for name, outcome in on_ray.outcomes.items()} == {
        name: outcome.rows_computed for name, outcome in staged.outcomes.items()
    }
    # On the workers that are there already: what else must hold, for a few milliseconds more.
    assert sorted(run_jobs(square, range(20), "ray", 1)) == [number * number for number in range(20)]
    ((pid, threads, has_torch, _),) = run_jobs(about_the_worker, [0], "ray", 1)
    assert pid != os.getpid()
    assert threads == {1}
    assert not has_torch

    # A job's own error comes through; while it is still held, the next jobs find workers.
    with pytest.raises(SampleError, match="job 2") as raised:
        list(run_jobs(fail_at_two, range(8), "ray", 1))
    assert (type(raised.value), raised.value.reason) == (SampleError, "job 2")
    assert sorted(run_jobs(square, range(3), "ray", 1)) == [0, 1, 4]

    # Who stops listening does not get the rest the next time.
    results = run_jobs(square, range(100, 108), "ray", 1)
    assert next(results) == 10_000
    results.close()
    assert sorted(run_jobs(square, range(3), "ray", 1)) == [0, 1, 4]

    # All of it on one worker: none was started anew.
    assert next(run_jobs(about_the_worker, [0], "ray", 1))[0] == pid


@pytest.mark.slow
def test_the_number_of_workers_may_change_and_changes_no_byte(staged, tmp_path, photographs, stage_dataset):
    for workers in (2, 1, 3):
        store = Store.create(tmp_path / f"store of {workers}")
        assert stage_dataset(store, photographs, backend="ray", workers=workers).dataset == staged.dataset


@pytest.mark.slow
@pytest.mark.parametrize("stored_before", [False, True])
def test_a_worker_killed_at_work_is_replaced_and_changes_no_byte(
    staged, store, photographs, stage_dataset, monkeypatch, stored_before
):
    make_shard = build_stage._make_keyed_shard

    def make_shard_dying_once_per_stage(job):
        marker = Path(job.store) / f"{job.stage.name} died"
        if not marker.exists():
            put_shard = shard_work.put_shard

            def put_and_die(*arguments):
                if stored_before:  # the object is there, its key is not
                    put_shard(*arguments)
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)

            shard_work.put_shard = put_and_die
        return make_shard(job)

    monkeypatch.setattr(build_stage, "_make_keyed_shard", make_shard_dying_once_per_stage)
    on_ray = stage_dataset(store, photographs, backend="ray", workers=2)
    assert all((store.root / f"{stage} died").exists() for stage in OF_STILLS)
    assert on_ray.dataset == staged.dataset


@pytest.mark.slow
def test_work_that_kills_every_worker_ends_in_one_line_and_the_next_finds_workers():
    def die(_):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerLost, match=r"^a worker died 6 times on the same work: [^\n]+$") as raised:
        list(run_jobs(die, [1], "ray", 1))
    assert list(run_jobs(square, [3], "ray", 1)) == [9]
    assert raised.value is not None


@contextmanager
def cluster(tmp_path, short_path, *resources):
    """Yield an environment in which a cluster with these resources is the one to join."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    head = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", *resources]
    head += [f"--port={address.partition(':')[2]}", "--include-dashboard=false", f"--temp-dir={short_path}"]
    with (tmp_path / "head.log").open("wb") as log:
        process = subprocess.Popen(head, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        while "Ray runtime started" not in (tmp_path / "head.log").read_text():
            assert process.poll() is None
            time.sleep(0.1)
        yield environment | {"RAY_ADDRESS": address}
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def printed_by(script, environment):
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=True)
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_cluster_too_small_for_the_workers_is_not_waited_for(tmp_path, short_path):
    with cluster(tmp_path, short_path, "--num-cpus=1") as environment:
        first, counted, last = printed_by(COUNT_ON_CLUSTER, environment)
    refused = (
        "expected Ray to have room for 2 workers of 1 CPU each, got room for 1 and no autoscaler adds others "
        "(execution.workers)"
    )
    assert (first, last) == (refused, refused)
    assert sorted(counted) == sorted("[3, 2]")


@pytest.mark.slow
def test_workers_that_need_a_gpu_have_one_each_and_are_no_more_than_there_are(tmp_path, short_path):
    with cluster(tmp_path, short_path, "--num-cpus=3", "--num-gpus=2") as environment:
        seen, without = printed_by(GPUS_ON_CLUSTER, environment)
    assert seen == "[('0',), ('1',)]"
    assert without == "3 workers {''}"


def test_workers_that_need_a_gpu_are_not_waited_for_where_there_is_none():
    with pytest.raises(
        InputError, match=r"^expected Ray to have a node with 1 CPU, 1 GPU for a worker, got "
    ):
        list(run_jobs(square, [1], "ray", 1, resources=StageResources(gpus=1)))
    assert list(run_jobs(square, [3], "ray", 1)) == [9]


def test_a_node_that_differs_does_no_job_and_the_next_jobs_find_workers():
    here = package_version("numpy")
    results = run_jobs(square, [1], "ray", 1, code=JobCode((), {"numpy": "0.1"}))
    with pytest.raises(NodeRefused, match=rf"^[^\n]+: package numpy is {here} there and 0\.1 here; [^\n]+$"):
        next(results)
    assert list(run_jobs(square, [3], "ray", 1, code=JobCode((), {"numpy": here}))) == [9]


def hang_at_two(number):
    working_on(f"row-{number}")
    if number == 2:
        time.sleep(1000)
    return number


def test_a_job_that_hangs_is_ended_and_named_and_the_next_finds_workers():
    results = run_jobs(hang_at_two, [1, 2, 3], "ray", 1, job_timeout_seconds=3)
    assert next(results) == 1
    with pytest.raises(JobTimedOut) as raised:
        next(results)
    assert (raised.value.job, raised.value.seconds, raised.value.row) == (2, 3, "row-2")
    assert list(run_jobs(square, [3], "ray", 1)) == [9]


@pytest.mark.slow
def test_a_lost_worker_writes_nothing_to_standard_output(tmp_path):
    script = [sys.executable, "-c", DIE_ONCE, str(tmp_path / "died")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=True)
    assert (tmp_path / "died").exists()
    assert done.stdout == "['done']\n"
