"""`shls train` killed or told to end at random steps: the next run goes on to the same checkpoint."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.train import train
from storage.objects.training_states import training_states
from storage.store import Store
from tasks.training.log import METRICS_FILE

pytestmark = pytest.mark.slow

SHLS = str(Path(sys.executable).with_name("shls"))
STEPS, SAVE_EVERY, LONGEST_SECONDS = 400, 7, 120.0


class Run:
    """One `shls train` as a process of its own."""

    def __init__(self, config, store, server):
        self._paths = [store.with_suffix(f".{stream}") for stream in ("out", "err")]
        self._log, self._deadline = store.parent / "runs", time.monotonic() + LONGEST_SECONDS
        with self._paths[0].open("wb") as out, self._paths[1].open("wb") as err:
            self.process = subprocess.Popen(
                [SHLS, "train", "--config", config, "--store", store, "--json"],
                env=os.environ | {"PREFECT_API_URL": server},
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def step(self):
        """Return the last step that the run has told of."""
        for path in self._log.glob(f"*/{METRICS_FILE}"):
            lines = [line for line in path.read_text().splitlines() if line.endswith("}")]
            return json.loads(lines[-1])["step"] if lines else 0
        return 0

    def reaches(self, step):
        while self.step() < step:
            assert self.process.poll() is None, self.told()
            assert time.monotonic() < self._deadline, self.told()
            time.sleep(0.002)

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def told(self):
        return self._paths[1].read_text()

    def outcome(self):
        assert self.process.wait(timeout=LONGEST_SECONDS) == 0, self.told()
        return json.loads(self._paths[0].read_text())


@pytest.fixture
def config(config_file):
    changes = {"steps": STEPS, "validate_every": 50, "validation_sequences": 1, "checkpoint": "best"}
    return config_file(training=changes, execution={"save_every": SAVE_EVERY})


@pytest.fixture
def start(config, used_store, prefect_server):
    started = []

    def start():
        started.append(Run(config, used_store, prefect_server))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def test_a_training_killed_at_random_steps_ends_with_the_same_checkpoint(
    start, first_run, config, used_store, tmp_path
):
    rng, begun = random.Random(2023), 0
    # Every kill a stretch of its own; the last ones meet a run whose end is near.
    for number, place in zip(
        (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL), range(5), strict=True
    ):
        run = start()
        run.reaches(max(begun + 1, (place * STEPS + rng.randrange(STEPS)) // 6))
        code = run.end(number)
        (state,) = {found.step for found in training_states(Store.open(used_store).backend)} or {0}
        told = run.told()
        assert f"train resumes after step {begun} of" in told or begun == 0, told
        if number == signal.SIGKILL:
            assert code == -signal.SIGKILL
            assert state % SAVE_EVERY == 0 or state == begun
        else:
            assert code == {signal.SIGTERM: 143, signal.SIGINT: 130}[number], told
            assert told.splitlines()[-1].startswith("error: ")
            assert state == run.step()
        assert state >= begun
        begun = state
    outcome = start().outcome()
    assert outcome["status"] == "computed"

    (used_store / "keys" / "checkpoints").rename(tmp_path / "aside")
    undisturbed = train(str(config), str(used_store))
    assert (undisturbed.checkpoint, undisturbed.status) == (outcome["checkpoint"], "computed")
    assert begun > STEPS // 2
