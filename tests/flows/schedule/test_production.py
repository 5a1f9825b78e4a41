"""The schedule on a production server: what follows by itself, and what heals when it is killed.

The tests build on each other, in this order: the first kill is long healed when the last of them looks.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from storage.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.long]

SHLS = str(Path(sys.executable).with_name("shls"))
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
TRIGGERS = {"shls: train on a new dataset", "shls: evaluate a new checkpoint"}


def num_shards(store: Path, stage: str) -> int:
    return len(list((store / "keys" / f"{stage}-shards").glob("*")))


def is_amid(store: Path, stage: str) -> Any:
    """Return a function that says whether a stage has some shards; there are more than a dozen of each."""
    return lambda: num_shards(store, stage) >= 2


@pytest.fixture(scope="module")
def parameters(site):
    """Return a function that returns the parameters of the nightly run, with some replaced."""
    nightly = site.deployment("regenerate/nightly")["parameters"]
    return lambda **replaced: {**nightly, **{key: str(value) for key, value in replaced.items()}}


def test_a_server_with_credentials_refuses_others_in_one_line(site):
    environment = site.environment | {"PREFECT_API_AUTH_STRING": "shls:wrong"}
    told = subprocess.run(
        [SHLS, "schedule", "show"], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 1
    assert "expected PREFECT_API_AUTH_STRING to be USER:PASSWORD" in told.stderr
    assert site.environment["PREFECT_API_AUTH_STRING"] not in told.stderr


@pytest.fixture(scope="module")
def killed(site, parameters):
    """A run whose worker was killed in one stage, and it itself with a second worker in the next."""
    store = site.folder / "killed"
    run = site.ask("regenerate/nightly", **parameters(store=store)).raise_for_status().json()["id"]
    site.wait(is_amid(store, "saliency"), "saliency", 240)
    site.processes["shls"].kill()
    before = num_shards(store, "saliency")
    site.wait(lambda: num_shards(store, "saliency") > before, "a run without its worker", 120)
    site.start("shls")
    site.wait(is_amid(store, "sequences"), "sequences", 120)
    site.kill_run(run)
    site.start("shls")
    return run, store, time.monotonic()


def test_a_run_goes_on_without_its_worker_and_ends_with_its_own_processes(site, killed):
    run, store, _ = killed
    assert site.run(run)["state_type"] == "RUNNING"  # nobody knows yet
    assert Store.open(store).names.resolve("tiny") is None


def test_status_says_what_runs_and_when_each_deployment_runs_next(site, killed):
    run, store, _ = killed
    asked = subprocess.run(
        [SHLS, "status", "--json", "--quick", "--store", str(store)],
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout)["schedule"]
    assert (found["runs"][0]["deployment"], found["runs"][0]["state"]) == ("regenerate/nightly", "Running")
    assert found["runs"][0]["name"] == site.run(run)["name"]
    # That of the night is paused.
    assert {one["deployment"] for one in found["next"]} == {"audit/weekly", "catch-up/weekly"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"imagse": "photographs"}, "'imagse' was unexpected"),
        ({"config": "stils"}, "for field 'config'"),
        ({"changes": {"training": {"stepz": 3}}}, "for field 'changes.training'.*'stepz' was unexpected"),
        ({"changes": {"training": {"steps": "many"}}}, "for field 'changes.training.steps'"),
    ],
)
def test_the_server_refuses_a_wrong_parameter_by_its_name_and_no_store_is_made(site, tmp_path, wrong, named):
    answer = site.ask("regenerate/nightly", store=str(tmp_path / "store"), **wrong)
    assert answer.status_code == 409
    assert re.search(named, answer.json()["detail"])
    assert not (tmp_path / "store").exists()


def test_applied_three_times_there_is_one_automation_a_trigger(site, killed):
    for _ in range(2):  # the site applied it once
        applied = site.apply()
    changes = {(one["kind"], one["change"]) for one in applied}
    assert changes == {("work pool", "kept"), ("deployment", "deployed"), ("automation", "unchanged")}
    names = [automation["name"] for automation in site.call("POST", "/automations/filter", {})]
    assert len(names) == len(set(names))
    assert set(names) == {one["name"] for one in applied if one["kind"] == "automation"} | TRIGGERS


def test_cron_fires_and_training_and_evaluation_follow_to_a_score(site):
    nightly, store = site.deployment("regenerate/nightly"), site.folder / "store"
    schedule = f"/deployments/{nightly['id']}/schedules/{nightly['schedules'][0]['id']}"
    site.call("PATCH", schedule, {"active": True})
    site.wait(
        lambda: [run for run in site.runs("regenerate") if run["auto_scheduled"]], "a run by the clock", 120
    )
    site.call("PATCH", schedule, {"active": False})
    dataset = site.completed("regenerate", store)
    training = site.completed("train", store)
    site.completed("evaluate", store)

    runs = Store.open(store).ledger.runs()
    assert [run["kind"] for run in runs] == ["dataset", "train", "evaluate"]
    assert runs[0]["run_id"] == dataset["id"]
    assert training["parameters"]["dataset"] == runs[0]["outputs"][0]
    assert training["name"] == f"train quickstart on {runs[0]['outputs'][0][:12]}"
    assert json.loads(runs[2]["details"])["scores"]["J&F-Mean"] > 0
    assert int(site.database.query("select count(*) from flow_run where state_type = 'COMPLETED'")) >= 3


def test_a_second_night_with_nothing_new_publishes_nothing_and_trains_nothing(site, parameters):
    store = site.folder / "store"
    again = site.ask("regenerate/nightly", **parameters()).raise_for_status().json()["id"]
    assert site.ended(again)["state_type"] == "COMPLETED"
    opened = Store.open(store)
    assert [row["version"] for row in opened.names.rows()] == [1]
    assert [run["kind"] for run in opened.ledger.runs()] == ["dataset", "train", "evaluate", "dataset"]
    trained = [run for run in site.runs("train") if run["parameters"]["store"] == str(store)]
    assert len(trained) == 1


def test_a_run_outlives_kills_of_the_server_and_of_postgresql(site, parameters):
    store = site.folder / "outlives"
    run = site.ask("regenerate/nightly", **parameters(store=store)).raise_for_status().json()["id"]
    site.wait(is_amid(store, "saliency"), "saliency", 240)
    site.processes["server"].kill_group()
    site.start("server")
    site.wait(is_amid(store, "sequences"), "sequences", 120)
    site.database.kill()
    site.database.start()
    site.ended(run)
    site.completed("regenerate", store)
    reference = Store.open(site.folder / "store").names.resolve("tiny")
    assert Store.open(store).names.resolve("tiny") == reference


def test_a_run_whose_process_was_killed_is_crashed_and_its_successor_ends_the_same(site, killed):
    run, store, since = killed
    dead = site.ended(run, 3 * 30 + 60 - (time.monotonic() - since))
    assert dead["state_type"] == "CRASHED"
    assert "no heartbeat for 90 s" in dead["state"]["message"]
    successor = site.completed("regenerate", store)
    assert successor["id"] != run
    assert successor["parameters"] == dead["parameters"]
    reference = Store.open(site.folder / "store").names.resolve("tiny")
    assert Store.open(store).names.resolve("tiny") == reference


def test_one_notification_of_each_failure_arrived_nothing_runs_and_nothing_was_cancelled(
    site, killed, parameters
):
    bound = {"gate": {"min_held_out_sequences": 1000}}
    given = parameters()
    given["changes"] = {**given["changes"], **bound}
    failed = site.ask("regenerate/nightly", **given).raise_for_status().json()["id"]
    assert site.ended(failed)["state_type"] == "FAILED"
    site.wait(lambda: len(site.listener.received) >= 2, "notifications", 60)

    def is_quiet() -> bool:
        return all(one["state_type"] in ENDED for one in site.runs())

    site.wait(is_quiet, "the end of all runs", 3 * 30 + 120)
    states = {one["state_type"] for one in site.runs()}
    assert states == {"COMPLETED", "CRASHED", "FAILED"}
    assert [(one["kind"], one["flow_run_id"]) for one in site.listener.received] == [
        ("crashed", killed[0]),
        ("failed", failed),
    ]
    assert "It is started again by itself" in site.listener.received[0]["text"]
    assert "GateError" in site.listener.received[1]["text"]
