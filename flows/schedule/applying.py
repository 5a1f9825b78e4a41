"""Brings Prefect's server to what this project declares, as often as one likes: `shls schedule apply`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.settings import get_current_settings
from prefect.workers.process import ProcessWorker
from pydantic import BaseModel, ConfigDict

from flows.schedule.addresses import VARIABLE, addresses
from flows.schedule.automations import HEALING, NOTIFYING, healing, notifying
from shls_core.errors import InputError, ShlsError
from tasks.terminal import print_line

POOLS = {"shls": 2, "shls-gpu": 1}
"""Work pools, and how many runs each lets run at once where it is made; a limit set since is kept."""
_DEPLOY_SECONDS = 600

Change = Literal["made", "deployed", "changed", "unchanged", "removed", "kept"]


class Applied(BaseModel):
    """What was done to one thing on the server."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["work pool", "deployment", "automation"]
    name: str
    change: Change


def apply(file: Path) -> list[Applied]:
    """Make or replace work pools, deployments and automations, by name.

    Parameters
    ----------
    file
        A `prefect.yaml`; deployed from the folder it lies in.

    Raises
    ------
    InputError
        If there is no such file, heartbeats are off, or `SHLS_NOTIFY` is no list of addresses.
    ShlsError
        If Prefect refuses to deploy it.
    """
    if not file.is_file():
        raise InputError(f"expected Prefect's deployments in {file}; run this in the checkout")
    heartbeat = get_current_settings().flows.heartbeat_frequency
    if heartbeat is None:
        raise InputError(
            "expected heartbeats of runs (PREFECT_FLOWS_HEARTBEAT_FREQUENCY), they are off: a dead run could "
            "not be recognised"
        )
    given = addresses()
    with get_client(sync_client=True) as client:
        applied = [_pool(client, name, limit) for name, limit in POOLS.items()]
        _deploy(file)
        applied += _deployments(client, file)
        wanted, tags = healing(heartbeat), {HEALING}
        if given is not None:
            tags.add(NOTIFYING)
            wanted += notifying([address.saved(number) for number, address in enumerate(given, start=1)])
        applied += put_automations(client, wanted, tags)
    if given is None and not any(NOTIFYING in automation.tags for automation in _existing()):
        print_line(f"warning: nobody is notified of runs that fail; {VARIABLE} names no address")
    return applied


def _pool(client: SyncPrefectClient, name: str, limit: int) -> Applied:
    if any(pool.name == name for pool in client.read_work_pools()):
        return Applied(kind="work pool", name=name, change="kept")
    client.create_work_pool(
        WorkPoolCreate(
            name=name,
            type=ProcessWorker.type,
            base_job_template=ProcessWorker.get_default_base_job_template(),
            concurrency_limit=limit,
        )
    )
    return Applied(kind="work pool", name=name, change="made")


def _deploy(file: Path) -> None:
    """Deploy a file by Prefect's own command: nothing else reads everything such a file may say."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", file.name]
    done = subprocess.run(
        command,
        cwd=file.resolve().parent,
        env={**os.environ, "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"},
        capture_output=True,
        text=True,
        timeout=_DEPLOY_SECONDS,
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ShlsError(f"expected Prefect to deploy {file}, it says: {lines[-1] if lines else 'nothing'}")


def _deployments(client: SyncPrefectClient, file: Path) -> list[Applied]:
    """Let the server refuse parameters that a flow does not have: Prefect's own schema allows them."""
    declared = [deployment["name"] for deployment in yaml.safe_load(file.read_text())["deployments"]]
    chosen = DeploymentFilter.model_validate({"name": {"any_": declared}})
    applied = []
    for deployment in client.read_deployments(deployment_filter=chosen):
        schema = {**(deployment.parameter_openapi_schema or {}), "additionalProperties": False}
        change = {"parameter_openapi_schema": schema}
        answer = client.request("PATCH", "/deployments/{id}", path_params={"id": deployment.id}, json=change)
        answer.raise_for_status()
        flow = client.read_flow(deployment.flow_id)
        applied.append(Applied(kind="deployment", name=f"{flow.name}/{deployment.name}", change="deployed"))
    return sorted(applied, key=lambda one: one.name)


def put_automations(
    client: SyncPrefectClient, wanted: Sequence[AutomationCore], tags: set[str]
) -> list[Applied]:
    """Make or replace automations by name, and remove all others with these tags.

    One that is as it should be is not touched: what it has counted of the day would be lost.
    """
    by_name: dict[str, list[Automation]] = {}
    for automation in client.read_automations():
        if tags & set(automation.tags):
            by_name.setdefault(automation.name, []).append(automation)
    applied = []
    for declared in wanted:
        change = _put(client, declared, by_name.pop(declared.name, []))
        applied.append(Applied(kind="automation", name=declared.name, change=change))
    for name, left in by_name.items():
        for one in left:
            client.delete_automation(one.id)
        applied.append(Applied(kind="automation", name=name, change="removed"))
    return applied


def _put(client: SyncPrefectClient, wanted: AutomationCore, existing: Sequence[Automation]) -> Change:
    for surplus in existing[1:]:
        client.delete_automation(surplus.id)
    if not existing:
        client.create_automation(wanted)
        return "made"
    if _declared(existing[0]) == _declared(wanted):
        return "unchanged"
    # The client leaves out what was not given: of `wanted`, the kinds of its trigger and its actions.
    whole = AutomationCore.model_validate(wanted.model_dump(exclude={"owner_resource"}))
    client.update_automation(existing[0].id, whole)
    return "changed"


def _declared(automation: AutomationCore) -> object:
    return automation.model_dump(include=set(AutomationCore.model_fields) - {"owner_resource"})


def _existing() -> list[Automation]:
    with get_client(sync_client=True) as client:
        return client.read_automations()
