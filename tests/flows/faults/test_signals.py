"""A build that is told to end, ends: in one line, with nothing of it left running."""

import os
import signal

import pytest

from storage.store import Store

pytestmark = pytest.mark.slow

GOES_ON = "what was finished is in the store and is not made again"


TERMINATED = (signal.SIGTERM, 143, f"terminated; {GOES_ON}")
INTERRUPTED = (signal.SIGINT, 130, f"interrupted; {GOES_ON}")


@pytest.mark.parametrize(
    ("number", "exit_code", "line", "whole_group"),
    [
        (*TERMINATED, False),
        (*INTERRUPTED, True),
        pytest.param(*TERMINATED, True, marks=pytest.mark.long),
        pytest.param(*INTERRUPTED, False, marks=pytest.mark.long),
    ],
)
def test_a_signal_during_a_ray_stage_ends_the_run_in_one_line(
    build, disturbed_config, tmp_path, entries, check_whole, number, exit_code, line, whole_group
):
    store = tmp_path / "store"
    # No server is configured: the run starts its own, which has to hear how it ended, and ends with it.
    run = build(disturbed_config, store, {"PREFECT_HOME": str(tmp_path / "prefect")})
    assert run.reaches(lambda: len(entries(store)) > 30), run.told()
    assert len(run.workers()) == 2
    (os.killpg if whole_group else os.kill)(run.process.pid, number)
    assert run.exit_code() == exit_code
    assert not run.processes()
    *progress, last = run.told()
    assert last == f"error: {line}"
    assert all(told.split()[0].rstrip(":") in ("ingest", "saliency", "sequences") for told in progress)
    check_whole(store)
    (entry,) = Store.open(store).ledger.runs()
    assert entry["status"] == "failed"


def test_a_killed_run_leaves_nothing_running(build, disturbed_config, tmp_path, entries):
    store = tmp_path / "store"
    run = build(disturbed_config, store, {"PREFECT_HOME": str(tmp_path / "prefect")})
    assert run.reaches(lambda: len(entries(store)) > 30), run.told()
    os.kill(run.process.pid, signal.SIGKILL)
    run.exit_code()
    assert run.is_gone()
