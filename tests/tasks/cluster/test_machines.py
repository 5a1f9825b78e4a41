"""A Ray cluster of machines that see neither checkout nor photographs, and a store in a bucket."""

import json
import pickle
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from ray_machines import PORT, PROJECT, SERVER, Machines

from storage.canonical import short
from storage.provenance.code_digest import syntax_digests
from storage.provenance.environment import package_version
from storage.provenance.syntax import syntax_digest

pytestmark = [pytest.mark.slow, pytest.mark.long]

# Photographs are read where the driver is; everything else is made on the machines.
DRIVER = """
import itertools, json, os, pickle, sys, time, uuid
from pathlib import Path
from shls_core.errors import ShlsError
from storage.kinds import RunKind
from storage.records.manifests import DatasetManifest, put_record
from storage.store import Store
from storage.verification.verify import verify_store
from tasks.executor import run_jobs
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.recorded_run import recorded
from tasks.staging.build_stage import build_stage

stages, location, inside, is_last, naps = pickle.loads(Path(sys.argv[1]).read_bytes())

def build(store):
    made = {}
    with recorded(store, str(uuid.uuid4()), RunKind.DATASET, {}, 1) as run:
        for stage in stages:
            execution = ExecutionConfig(backend="ray" if stage.reads else "serial", workers=2)
            inputs = {name: made[name] for name in stage.reads}
            staging = StagingConfig(seed=1, rows_per_shard=2)
            made[stage.name] = build_stage(store, stage, inputs, staging, execution).artifact
        run.outputs.append(put_record(store.objects, DatasetManifest(stages=made)))
    return run.outputs[0]

def say(**facts):
    print(json.dumps(facts | {"at": time.time()}), flush=True)

for number in itertools.count():
    was_last, store = is_last.exists(), Store.create(f"{location}/{number}")
    try:
        say(dataset=build(store))
    except ShlsError as error:
        say(error=f"{type(error).__name__}: {error}")
    entry = store.ledger.runs()[-1]
    say(status=entry["status"], workers=json.loads(entry["details"]).get("workers"))
    say(problems=[str(problem) for problem in verify_store(store).problems])
    if naps.exists():
        naps.unlink()
        say(naps="begin")
        list(run_jobs(time.sleep, [10, 10, 10], "ray", 2))
        say(naps="end")
    if was_last:
        break
say(seen=list(run_jobs(os.path.exists, inside, "ray", 2)))
"""


def elsewhere():
    """Where this project is found without `PYTHONPATH`: also hidden, or machines would find code there."""
    script = "import importlib.util as u; print(getattr(u.find_spec('tasks'), 'origin', None) or '')"
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd="/", env=environment, capture_output=True, text=True, check=True
    )
    found = Path(done.stdout.strip()).parents[1] if done.stdout.strip() else None
    return [found] if found and not found.is_relative_to(sys.prefix) else []


@pytest.fixture(scope="module")
def hidden(photographs):
    """The folders that machines do not see."""
    return list(dict.fromkeys([PROJECT, *elsewhere(), photographs]))


@pytest.fixture(scope="module")
def machines(hidden):
    """A server, and a machine ``one`` with the code of this checkout."""
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        machines = Machines(Path(folder), hidden)
        try:
            machines.start_server("bucket")
            machines.add("one", 2, machines.code("same"))
            yield machines
        finally:
            machines.close()


@pytest.fixture
def second(machines):
    """Return a function that starts a machine ``two`` with some code; it is lost at the end."""

    def start(code="same", changes=None):
        machines.add("two", 3, machines.code(code, changes or {}))

    yield start
    machines.lose("two")


@pytest.fixture
def driver(machines, hidden, photographs, stages_of_stills, tmp_path):
    """Return a function that starts the driver; it builds again and again until it is told of the last.

    Between two builds it gives its workers three naps of ten seconds, if it is told to.
    """

    @contextmanager
    def running():
        inside = [path for folder in hidden for path in folder.glob("*.*g")] + [PROJECT / "README.md"]
        is_last, naps, order = tmp_path / "last", tmp_path / "naps", tmp_path / "order"
        location = f"s3://bucket/{tmp_path.name}"
        order.write_bytes(pickle.dumps((stages_of_stills(photographs), location, inside, is_last, naps)))
        command = [sys.executable, "-W", "ignore", "-c", DRIVER, str(order)]
        settings = {"PYTHONPATH": str(PROJECT), "RAY_ADDRESS": f"{SERVER}:{PORT}"}
        process = machines.start(command, settings=settings)

        def said():
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
            assert process.wait() == 0, machines.errors

        try:
            yield said(), is_last.touch, naps.touch
        finally:
            process.kill()
            process.communicate()

    return running


def datasets(lines):
    return {line["dataset"] for line in lines if "dataset" in line}


def nodes(line):
    return {node for kind in line["workers"] or () for node in kind["nodes"]}


def problems(lines):
    return [line for line in lines if line.get("error") or line.get("problems")]


def test_two_machines_make_the_dataset_that_one_process_makes(second, driver, staged):
    second()
    with driver() as (said, last, _):
        last()
        built, recorded, verified, seen = said
    assert built["dataset"] == staged.dataset
    assert verified["problems"] == []
    assert len(seen["seen"]) > 8
    assert not any(seen["seen"])
    (kind,) = recorded["workers"]
    assert kind["nodes"] == ["one (10.77.0.2)", "two (10.77.0.3)"]
    assert "standard" in kind["slic"]
    assert kind["platform"]


CHANGED = "shls_core/seeding.py"
REFUSED = (
    "NodeRefused: expected on every node the code and packages that rows are keyed by, got others on "
    "node two (10.77.0.3)"
)


def test_a_machine_with_another_version_of_a_package_is_refused(second, driver):
    other = {"numpy-2.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: numpy\nVersion: 2.0.0\n"}
    second("package", other)
    with driver() as (said, last, _):
        last()
        failed, recorded, verified, _ = said
    assert failed["error"] == (
        f"{REFUSED}: package numpy is 2.0.0 there and {package_version('numpy')} here; install the same there"
    )
    assert recorded["status"] == "failed"
    assert verified["problems"] == []


def test_a_machine_that_joins_later_with_one_changed_helper_is_refused(second, machines, driver, staged):
    text = (PROJECT / CHANGED).read_text(encoding="utf-8") + "\nCHANGED = True\n"
    here = syntax_digests("shls_core.seeding")["shls_core.seeding"]
    second()
    with driver() as (said, last, _):
        assert next(said)["dataset"] == staged.dataset
        machines.lose("two")
        machines.add("two", 3, machines.code("helper", {CHANGED: text}))
        error = next(line["error"] for line in said if "error" in line)
        last()
        rest = list(said)
    assert error == (
        f"{REFUSED}: module shls_core.seeding is {short(syntax_digest(text))} there and {short(here)} here; "
        "install the same there"
    )
    assert {line["status"] for line in rest if "status" in line} == {"failed"}
    assert not [line for line in rest if line.get("problems")]


def test_ten_machines_lost_at_random_cost_time_alone(second, machines, driver, staged):
    second()
    draws = random.Random(7)
    with driver() as (said, last, _):
        assert next(said)["dataset"] == staged.dataset
        for number in range(10):
            time.sleep(draws.uniform(0.5, 4))
            name = ("one", "two")[number % 2]  # in turn: a job that loses its worker six times is given up
            machines.lose(name)
            machines.add(name, number + 10, machines.code("same"))
        last()
        rest = list(said)
    assert datasets(rest) == {staged.dataset}
    assert not problems(rest)
    assert len(set().union(*(nodes(line) for line in rest if "workers" in line))) > 4


def test_a_machine_cut_off_at_work_for_forty_seconds_costs_time_alone(second, machines, driver, staged):
    second()
    with driver() as (said, last, nap):
        nap()
        lines = [next(line for line in said if line.get("naps") == "begin")]
        time.sleep(3)  # both nap now
        machines.cable("two", "down")
        time.sleep(40)
        mended = time.time()
        machines.cable("two", "up")
        # Ray may have given the machine up meanwhile, and its nap has gone to the other one.
        lines.append(next(line for line in said if line.get("naps") == "end"))
        last()
        lines += said
    assert [line["at"] > mended for line in lines if "naps" in line] == [False, True]
    assert datasets(lines[2:])  # and work goes on
    assert datasets(lines) == {staged.dataset}
    assert not problems(lines)
