"""The deployments of prefect.yaml: what they say, and, slowly, that a server and a worker run them."""

import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from flows.cli.command import LIBRARY_SETTINGS
from flows.configuration import load_config
from storage.store import Store

PROJECT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).with_name("prefect"))
DEPLOYMENTS = {"regenerate/nightly", "train/train", "evaluate/evaluate", "pipeline/pipeline"}
DECLARED = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DECLARED, ids=lambda deployment: deployment["name"])
def test_a_deployment_names_a_flow_and_parameters_it_takes(deployment):
    module, name = deployment["entrypoint"].rsplit(".", 1)
    flow = getattr(importlib.import_module(module), name)
    assert f"{flow.name}/{deployment['name']}" in DEPLOYMENTS
    parameters = flow.validate_parameters(deployment["parameters"])
    assert load_config(str(PROJECT / parameters["config"]))
    assert parameters["store"] == "store"


def test_every_flow_has_a_deployment_and_regenerate_a_schedule():
    entrypoints = {deployment["entrypoint"]: deployment for deployment in DECLARED}
    assert set(entrypoints) == {
        f"flows.{flow}.{flow}" for flow in ("regenerate", "train", "evaluate", "pipeline")
    }
    nightly = entrypoints["flows.regenerate.regenerate"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", nightly["schedules"][0]["cron"])
    assert nightly["concurrency_limit"] == 1


def test_runs_of_a_worker_get_the_settings_that_the_command_makes_for_itself():
    elsewhere = {name for name in LIBRARY_SETTINGS if name.startswith("PREFECT_")}  # in prefect.toml
    expected = {name: value for name, value in LIBRARY_SETTINGS.items() if name not in elsewhere}
    for deployment in DECLARED:
        assert deployment["work_pool"]["job_variables"]["env"] == expected


@pytest.mark.parametrize("name", ["prefect.yaml", "prefect.toml"])
def test_no_path_of_one_machine_is_written_down(name):
    assert not re.search(r"(^|[\s\"'=:])/\w", (PROJECT / name).read_text())


def test_prefect_reads_its_settings_in_the_checkout(tmp_path):
    unset = {name for name in LIBRARY_SETTINGS if name.startswith("PREFECT_")}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    shown = subprocess.run(
        [PREFECT, "config", "view", "--show-sources"],
        cwd=PROJECT,
        env=environment | {"PREFECT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    assert "PREFECT_SERVER_ANALYTICS_ENABLED='False' (from prefect.toml)" in shown
    assert "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS='90' (from prefect.toml)" in shown


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, found: Callable[[], Any], seconds: float, log: Path) -> Any:
    """Return the first result of `found` that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.5)
    pytest.fail(f"{what}: not after {seconds} s\n{log.read_text()[-4000:]}")


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a process, and whatever it starts, for as long as the block."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, end)
                process.wait(timeout=10)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        process.wait()


class DeployedProject:
    """A server of its own, to which the project was deployed."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.log = folder / "server.log"
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=30)
        self.environment = os.environ | {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": str(self.api.base_url).rstrip("/"),
            # What a worker and its runs say is a part of what is shown when a test fails.
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "NOTSET",
        }
        self.server = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]

    def is_up(self) -> bool:
        try:
            return self.api.get("/health").is_success
        except httpx.TransportError:
            return False

    def prefect(self, *arguments: str) -> None:
        done = subprocess.run(
            [PREFECT, "--no-prompt", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """Return what the server answers; while its database is busy it says 503: ask again."""

        def answer() -> httpx.Response | None:
            response = self.api.request(method, path, json=content)
            return None if response.status_code == httpx.codes.SERVICE_UNAVAILABLE else response

        return wait_until(path, answer, 60, self.log).raise_for_status().json()

    def read(self, what: str, **filters: Any) -> list[dict[str, Any]]:
        return self.call("POST", f"/{what}/filter", filters)

    def run(self, deployment: str, **parameters: str) -> dict[str, Any]:
        """Run a deployment and return its flow run when that has ended."""
        deployment_id = self.call("GET", f"/deployments/name/{deployment}")["id"]
        made = self.call("POST", f"/deployments/{deployment_id}/create_flow_run", {"parameters": parameters})

        def ended() -> dict[str, Any] | None:
            read = self.call("GET", f"/flow_runs/{made['id']}")
            return read if read["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return wait_until(deployment, ended, 180, self.log.with_name("worker.log"))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedProject]:
    project = DeployedProject(tmp_path_factory.mktemp("deployed"))
    with running(project.server, project.environment, project.log), project.api:
        wait_until("the server", project.is_up, 120, project.log)
        project.prefect("work-pool", "create", "shls", "--type", "process")
        project.prefect("deploy", "--all")
        yield project


@pytest.fixture(scope="module")
def worker(deployed: DeployedProject) -> Iterator[DeployedProject]:
    command = [PREFECT, "worker", "start", "--pool", "shls"]
    with running(command, deployed.environment, deployed.log.with_name("worker.log")):
        yield deployed


@pytest.mark.slow
def test_all_flows_are_deployed_to_run_in_this_checkout(deployed):
    flows = {flow["id"]: flow["name"] for flow in deployed.read("flows")}
    found = {f"{flows[item['flow_id']]}/{item['name']}": item for item in deployed.read("deployments")}
    assert set(found) == DEPLOYMENTS
    assert {item["work_pool_name"] for item in found.values()} == {"shls"}
    for item in found.values():
        (step,) = (options for pull in item["pull_steps"] for options in pull.values())
        assert Path(step["directory"]) == PROJECT


@pytest.mark.slow
def test_the_schedule_makes_nightly_runs(deployed):
    def scheduled() -> list[dict[str, Any]]:
        return deployed.read("flow_runs", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})

    runs = wait_until("a scheduled run", scheduled, 60, deployed.log)
    assert {run["expected_start_time"][11:16] for run in runs} == {"02:00"}


@pytest.mark.slow
def test_a_worker_runs_the_deployments(worker, config_file, tmp_path):
    at = {"config": str(config_file()), "store": str(tmp_path / "store")}
    assert worker.run("regenerate/nightly", **at)["state"]["type"] == "COMPLETED"
    assert worker.run("pipeline/pipeline", **at)["state"]["type"] == "COMPLETED"

    runs = Store.open(tmp_path / "store").ledger.runs()
    assert [run["kind"] for run in runs] == ["dataset", "dataset", "train", "evaluate"]
    assert {run["status"] for run in runs} == {"completed"}
    again = [stage["status"] for stage in json.loads(runs[1]["details"])["stages"]]
    assert again == ["cached"] * 4

    flow_run_ids = {"id": {"any_": [run["run_id"] for run in runs]}}
    artifacts = {item["key"]: item for item in worker.read("artifacts", flow_runs=flow_run_ids)}
    stages = ("ingest", "saliency", "sequences", "superpixels")
    assert {key: item["type"] for key, item in artifacts.items()} == {
        **{f"progress-{name}": "progress" for name in (*stages, "verify", "train", "evaluate")},
        **{f"stage-{name}": "table" for name in stages},
        "dataset-report": "markdown",
        "training": "markdown",
        "checkpoint-report": "markdown",
        "result": "markdown",
    }
    assert "| copy the first mask |" in artifacts["result"]["data"]


@pytest.mark.slow
def test_a_run_that_fails_is_a_failed_flow_run(worker, config_file, tmp_path):
    config = str(config_file(gate={"min_held_out_sequences": 1000}))
    state = worker.run("regenerate/nightly", config=config, store=str(tmp_path / "store"))["state"]
    assert state["type"] == "FAILED"
    assert "GateError" in state["message"]
    (run,) = Store.open(tmp_path / "store").ledger.runs()
    assert (run["status"], run["verdict"]) == ("failed", "failed")
