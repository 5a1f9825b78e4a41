"""Commands as Ray Jobs: what is refused before there is one; a real one where Ray takes jobs, slowly."""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from ray_clusters import free_port, ray_head

from shls_core.errors import InputError, MissingComponent, StageError
from tasks.cluster import submission
from tasks.cluster.submission import Job, submit

PROJECT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8265", "ray://127.0.0.1:10001", "http://host", "http://h:1/x", "http://h:port", "x"],
)
def test_an_address_that_is_no_dashboard_is_refused(address):
    with pytest.raises(
        InputError, match=r"^expected http://HOST:PORT of Ray's dashboard, usually port 8265, got "
    ):
        submit(["doctor"], address, {})


def test_a_job_server_that_does_not_answer_is_named():
    with pytest.raises(
        InputError, match=rf"^expected a job server of Ray at {NOWHERE} \(--ray-address\): [^\n]+$"
    ):
        submit(["doctor"], NOWHERE, {})


def test_a_size_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"^expected a size as 8GB for --memory, got much$"):
        submit(["doctor"], NOWHERE, {}, memory="much")


def test_a_ray_without_its_client_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(MissingComponent, match=r'install them with: pip install "ray\[default\]"$'):
            submit(["doctor"], address, {})


def test_what_is_reserved_is_what_was_asked_for():
    assert submission._reserved(0, None, 0) == {}
    assert submission._reserved(2, "8GB", 1) == {
        "entrypoint_num_cpus": 2,
        "entrypoint_memory": 8 * 10**9,
        "entrypoint_num_gpus": 1,
    }


def test_a_job_knows_the_bucket_and_the_store_and_no_secret(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://objects.example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SHLS_STORE", "s3://user:secret@bucket")
    settings = submission._settings()
    assert settings["AWS_ENDPOINT_URL"] == "https://objects.example"
    assert not [value for value in settings.values() if "secret" in value]


def job_that(pieces, **details):
    async def logs(job_id):
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    given = {"driver_exit_code": 0, "status": "SUCCEEDED", "message": None} | details
    return Job(
        "job", SimpleNamespace(tail_job_logs=logs, get_job_info=lambda job_id: SimpleNamespace(**given))
    )


def test_the_log_comes_line_by_line_and_the_exit_code_is_that_of_the_command():
    said = []
    assert job_that(["one\ntw", "o\n", "three"], driver_exit_code=3, status="FAILED").follow(said.append) == 3
    assert said == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (job_that([], driver_exit_code=None, status="STOPPED", message="by hand"), "it is STOPPED: by hand$"),
        (job_that([], driver_exit_code=-9, status="FAILED", message="killed\nby"), "it is FAILED: killed$"),
        (
            job_that([RuntimeError("closed")]),
            "expected job job to be followed to its end: closed; it may go on$",
        ),
    ],
)
def test_a_job_that_does_not_end_by_itself_is_an_error(job, message):
    with pytest.raises(StageError, match=message):
        job.follow(print)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason='needs pip install "ray[default]"')
def test_a_command_runs_on_the_cluster_with_the_code_and_configuration_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(PROJECT)  # Ray is started in a checkout whose code is not the job's
    port, store = free_port(), tmp_path / "store"
    (tmp_path / "mine.yaml").write_text('base: quickstart\nname: mine\nexecution: {workers: "1..2"}\n')
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    options = ("--num-cpus=2", "--dashboard-host=127.0.0.1", f"--dashboard-port={port}")
    shls = [sys.executable, "-m", "flows.cli", "submit", "--ray-address", f"http://127.0.0.1:{port}", "--"]

    def submitted(*arguments):
        done = subprocess.run(
            [*shls, *arguments], env=environment, capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout

    with (
        tempfile.TemporaryDirectory(prefix="ray-") as short,
        ray_head(tmp_path, short, *options, PATH=path, PYTHONPATH="") as environment,
    ):
        plan = ("dataset", "plan", "--config", str(tmp_path / "mine.yaml"), "--store", str(store))
        code, printed = submitted(*plan)
        assert code == 0, printed
        assert "superpixels" in printed
        code, printed = submitted("dataset", "show", "nothing", "--store", str(store))
        assert code == 1
        assert "error: " in printed
