"""Ctrl-C during `shls run`, slowly: one line, nothing left running, and a store to go on with."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.regenerate import regenerate
from storage.canonical import digest_bytes
from storage.store import Store

pytestmark = pytest.mark.slow

SHLS = str(Path(sys.executable).with_name("shls"))


def run_and_interrupt(config: Path, store: Path, backend: str, after: str, made: str = "") -> str:
    """Send Ctrl-C after a line that begins with `after`, when a key of `made` is in the store.

    Returns what came to the terminal from then on.
    """
    command = [SHLS, "run", "--config", str(config), "--store", str(store), "--backend", backend, "--json"]
    with subprocess.Popen(
        command,
        # A home without a server: the run starts its own, which must not hear the Ctrl-C.
        env=os.environ | {"PREFECT_HOME": str(store.with_name("prefect"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell starts background jobs with SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        deadline = threading.Timer(180, os.killpg, (process.pid, signal.SIGKILL))
        deadline.start()
        try:
            for line in process.stderr:
                if line.startswith(after):
                    break
            while made and not any((store / "keys" / made).glob("*")):
                assert process.poll() is None
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all that it started
            told = process.stderr.read()
            assert process.wait(timeout=30) == 130
            assert process.stdout.read() == ""
            assert is_gone(process.pid, 15), "something is still running"
        finally:
            deadline.cancel()
            if not is_gone(process.pid, 0):
                os.killpg(process.pid, signal.SIGKILL)
    return told


def is_gone(group: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.2)


def check_what_is_left(told: str, store: Path, kind: str) -> None:
    *progress, last = told.splitlines()
    assert last == "error: interrupted; what was finished is in the store and is not made again"
    assert not [line for line in progress if line.startswith((" ", "Traceback", "error"))], told
    last_run = Store.open(store).ledger.runs()[-1]
    assert (last_run["kind"], last_run["status"]) == (kind, "failed")
    assert last_run["error"].startswith("KeyboardInterrupt")
    objects = list((store / "objects").glob("*/*"))
    assert objects
    for path in objects:
        assert digest_bytes(path.read_bytes()) == path.name


@pytest.mark.parametrize("backend", ["ray", pytest.param("serial", marks=pytest.mark.long)])
def test_staging_goes_on_where_it_was_interrupted(prefect_server, config_file, tmp_path, backend):
    config, store = config_file(crops={"crops_per_image": 40}), tmp_path / "store"
    told = run_and_interrupt(config, store, backend, after="ingest ", made="saliency-shards")
    check_what_is_left(told, store, "dataset")
    ingest, saliency, *_ = regenerate(str(config), str(store)).stages
    assert ingest.status == "cached"
    assert 0 < saliency.shards_computed < saliency.shards


def test_an_interrupted_training_leaves_the_dataset(prefect_server, config_file, tmp_path):
    config, store = config_file(training={"steps": 1_000_000}), tmp_path / "store"
    told = run_and_interrupt(config, store, "serial", after="train: ")
    check_what_is_left(told, store, "train")
    assert {stage.status for stage in regenerate(str(config), str(store)).stages} == {"cached"}
