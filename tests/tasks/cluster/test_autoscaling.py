"""A cluster of no node that grows: who is waited for, who sees a GPU, what is refused; slowly."""

import subprocess
import sys
import tempfile

import pytest
from ray_clusters import autoscaling_options, free_port, ray_head

pytestmark = [pytest.mark.slow, pytest.mark.long]

# Every job waits for as many others as there are workers: each worker has to take part.
DRIVER = """
import os, sys, tempfile, time
from pathlib import Path
import ray
from shls_core.errors import InputError
from tasks.cluster import workers as waiting
from tasks.executor import run_jobs
from tasks.runs.execution_config import ExecutionConfig, StageResources
from tasks.runs.worker_range import WorkerRange
from tasks.training.workers.on_ray import reserved

waiting._PATIENCE_SECONDS = 5.0

def meet(job):
    folder, number, others = job
    (folder / str(number)).write_text("here")
    while len(list(folder.iterdir())) < others:
        time.sleep(0.05)
    import tasks
    return os.environ.get("CUDA_VISIBLE_DEVICES", ""), Path(tasks.__file__).parts[-3].startswith("_ray_pkg_")

ray.cloudpickle.register_pickle_by_value(sys.modules["__main__"])
def met(number, workers, **each):
    folder = Path(tempfile.mkdtemp())
    jobs = [(folder, n, number) for n in range(number)]
    return sorted(run_jobs(meet, jobs, "ray", workers, resources=StageResources(**each)))

print(met(2, "2..2"))
print(met(1, 1, gpus=1))
for each in ({"memory": "1TB"}, {"gpus": 8}):
    began = time.monotonic()
    try:
        met(1, 1, **each)
    except InputError as error:
        print(error)
alone = WorkerRange(1, 1)
print(reserved(ExecutionConfig(device="cuda"), 1, alone))
try:
    reserved(ExecutionConfig(device="cpu"), 64, alone)
except InputError as error:
    print(error)
print("soon" if time.monotonic() - began < 60 else "late")
"""


@pytest.mark.parametrize("second", [False, True], ids=["first autoscaler", "second autoscaler"])
def test_a_cluster_grows_from_nothing_and_refuses_what_it_never_will_have(tmp_path, second):
    port, kinds = free_port(), {"plain": (2, {"CPU": 1}), "graphics": (1, {"CPU": 1, "GPU": 1})}
    options, variables = autoscaling_options(tmp_path, port, kinds, second)
    with (
        tempfile.TemporaryDirectory(prefix="ray-") as short,
        ray_head(tmp_path, short, *options, port=port, **variables) as environment,
    ):
        done = subprocess.run(
            [sys.executable, "-c", DRIVER],
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=True,
        )
    two, graphics, terabyte, eight, training, many, when = done.stdout.splitlines()
    assert two == "[('', True), ('', True)]"  # no GPU is seen; the code is what was shipped
    assert graphics == "[('0', True)]"
    assert terabyte.startswith("expected Ray to have a node with 1 CPU, 1 TB of memory for a worker, got ")
    assert eight.startswith("expected Ray to have a node with 1 CPU, 8 GPUs for a worker, got 1 CPU, ")
    assert all(
        line.endswith("its autoscaler adds none that has (execution.stages)") for line in (terabyte, eight)
    )
    assert training == "{'CPU': 1.0, 'GPU': 1.0}"  # a node with a GPU was started for it
    assert many.startswith("expected Ray to have a node with 64 CPUs for a worker, got ")
    assert many.endswith("its autoscaler adds none that has (training.num_threads, execution.device)")
    assert when == "soon"
    assert "waits for 2 workers, 0 are up" in done.stderr.splitlines()
