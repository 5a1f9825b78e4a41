"""What prefect.yaml, prefect.toml and deploy/ say. tests/flows/schedule/test_production.py runs them."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate

from flows.cli.command import LIBRARY_SETTINGS
from flows.schedule.applying import POOLS
from flows.schedule.chain import PUBLISHED, TRAINED

PROJECT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).with_name("prefect"))
DECLARED = yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]


def flow_of(deployment):
    module, name = deployment["entrypoint"].rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


NAMED = {f"{flow_of(deployment).name}/{deployment['name']}": deployment for deployment in DECLARED}


@pytest.mark.parametrize("name", NAMED)
def test_a_deployment_has_parameters_that_its_flow_takes_and_a_pool_that_is_made(name):
    deployment = NAMED[name]
    schema = parameter_schema(flow_of(deployment)).model_dump_for_openapi()
    assert deployment["parameters"].keys() <= schema["properties"].keys()
    validate(deployment["parameters"], schema, raise_on_error=True)
    assert deployment["work_pool"]["name"] in POOLS
    assert "shls" in deployment["tags"]  # automations know it by that


def test_what_runs_by_itself():
    scheduled = {name: each["schedules"][0]["cron"] for name, each in NAMED.items() if "schedules" in each}
    assert scheduled.keys() == {"regenerate/nightly", "audit/weekly", "catch-up/weekly"}
    assert re.fullmatch(r"\d+ \d+ \* \* \*", scheduled["regenerate/nightly"])
    awaited = {name: each["triggers"][0]["expect"] for name, each in NAMED.items() if "triggers" in each}
    assert awaited == {"train/on-new-dataset": [PUBLISHED], "evaluate/on-new-checkpoint": [TRAINED]}


def test_what_an_event_carries_is_what_its_deployment_is_given():
    for name in ("train/on-new-dataset", "evaluate/on-new-checkpoint"):
        (trigger,) = NAMED[name]["triggers"]
        assert trigger["parameters"] == {
            key: f"{{{{ event.payload.{key} }}}}" for key in trigger["parameters"]
        }
        assert trigger["parameters"].keys() <= flow_of(NAMED[name]).parameters.properties.keys()


def test_training_has_a_pool_of_its_own_and_nothing_has_a_limit_that_could_cancel_it():
    assert NAMED["train/on-new-dataset"]["work_pool"]["name"] == "shls-gpu"
    assert POOLS["shls-gpu"] == 1
    assert not any("concurrency_limit" in deployment for deployment in DECLARED)


def test_runs_of_a_worker_get_the_settings_that_the_command_makes_for_itself():
    elsewhere = {name for name in LIBRARY_SETTINGS if name.startswith("PREFECT_")}  # in prefect.toml
    expected = {name: value for name, value in LIBRARY_SETTINGS.items() if name not in elsewhere}
    expected["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # a run outlives its worker's pipe
    for deployment in DECLARED:
        assert deployment["work_pool"]["job_variables"]["env"] == expected


@pytest.mark.parametrize("name", ["prefect.yaml", "prefect.toml", "deploy/server.env"])
def test_no_path_of_one_machine_is_written_down(name):
    assert not re.search(r"(^|[\s\"'=:])/\w", (PROJECT / name).read_text())


def settings_shown(folder, **added):
    unset = {name for name in LIBRARY_SETTINGS if name.startswith("PREFECT_")}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [PREFECT, "config", "view", "--show-sources"],
        cwd=PROJECT,
        env=environment | {"PREFECT_HOME": str(folder)} | added,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def server_settings():
    lines = (PROJECT / "deploy" / "server.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_prefect_reads_its_settings_in_the_checkout(tmp_path):
    shown = settings_shown(tmp_path, **server_settings())
    assert "PREFECT_SERVER_ANALYTICS_ENABLED='false' (from env)" in shown
    assert "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS='90' (from prefect.toml)" in shown
    assert "PREFECT_FLOWS_HEARTBEAT_FREQUENCY='60' (from prefect.toml)" in shown
    for name in server_settings():
        assert f"{name}=" in shown


def test_the_server_is_this_machines_own_keeps_leases_and_removes_what_is_old():
    settings = server_settings()
    assert settings["PREFECT_SERVER_API_HOST"] == "127.0.0.1"
    assert settings["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"].endswith(".filesystem")
    assert settings["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events,flow_runs"
    assert not any("PASSWORD" in line or "AUTH" in line for line in settings)


def test_the_containers_are_reached_from_this_machine_alone_and_hold_no_secret():
    declared = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())["services"]
    assert [service.get("ports") for service in declared.values()] == [None, ["127.0.0.1:4200:4200"]]
    assert declared["server"]["env_file"] == ["server.env"]
    assert declared["server"]["volumes"] == [f"home:{declared['server']['environment']['PREFECT_HOME']}"]
    for service in declared.values():
        secrets = {
            name: value
            for name, value in service["environment"].items()
            if "PASSWORD" in name or "AUTH" in name
        }
        assert all(value.startswith("${") and ":?" in value for value in secrets.values())


def test_the_page_for_people_on_call_knows_every_deployment():
    page = (PROJECT / "docs" / "operations.md").read_text()
    assert [name for name in NAMED if f"`{name}`" not in page] == []
