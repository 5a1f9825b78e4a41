"""What is deployed, when it runs next, and what automations do: `shls schedule show`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import BaseModel, ConfigDict

TAG = "shls"
"""What `prefect.yaml` gives every deployment, and so every run of one."""
_NAMES = "shls: "
"""What the names of the project's automations begin with, those of triggers in `prefect.yaml`, too."""
_MOST_RUNS = 200


class Part(BaseModel):
    """A part of what is on the server."""

    model_config = ConfigDict(frozen=True)


class Pool(Part):
    """A work pool."""

    name: str
    limit: int | None
    """Runs at once; None: no limit."""
    workers: int
    """Workers that are online."""
    is_paused: bool


class Deployment(Part):
    """A deployment."""

    name: str
    pool: str | None
    schedules: tuple[str, ...]
    is_paused: bool
    """Whether it, or every schedule of it, is paused."""
    parameters: Mapping[str, Any]
    next_run: datetime | None


class Rule(Part):
    """An automation."""

    name: str
    is_enabled: bool
    description: str


class Overview(Part):
    """Everything of this project on the server."""

    server: str
    pools: tuple[Pool, ...]
    deployments: tuple[Deployment, ...]
    automations: tuple[Rule, ...]


def overview() -> Overview:
    """Read what is on the server."""
    with get_client(sync_client=True) as client:
        deployments, coming = deployments_of(client), next_runs(client)
        found = [_deployment(name, each, coming.get(each.id)) for name, each in deployments.items()]
        pools = {each.work_pool_name for each in deployments.values()}
        return Overview(
            server=str(client.api_url),
            pools=tuple(_pool(client, name) for name in sorted(name for name in pools if name)),
            deployments=tuple(sorted(found, key=lambda each: (each.next_run is None, each.name))),
            automations=tuple(
                Rule(name=each.name, is_enabled=each.enabled, description=each.description)
                for each in sorted(client.read_automations(), key=lambda each: each.name)
                if each.name.startswith(_NAMES)
            ),
        )


def deployments_of(client: SyncPrefectClient) -> dict[str, DeploymentResponse]:
    """Return the deployments of this project by their name, ``flow/deployment``."""
    of_ours = DeploymentFilter.model_validate({"tags": {"all_": [TAG]}})
    found = client.read_deployments(deployment_filter=of_ours)
    return {f"{client.read_flow(each.flow_id).name}/{each.name}": each for each in found}


def next_runs(client: SyncPrefectClient) -> dict[UUID, datetime]:
    """Return when each deployment runs next; one without a schedule, or paused, is missing."""
    runs = client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(
            {"state": {"name": {"any_": ["Scheduled"]}}, "tags": {"all_": [TAG]}}
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=_MOST_RUNS,
    )
    first: dict[UUID, datetime] = {}
    for run in runs:
        if run.deployment_id and run.expected_start_time:
            first.setdefault(run.deployment_id, run.expected_start_time)
    return first


def _pool(client: SyncPrefectClient, name: str) -> Pool:
    pool = client.read_work_pool(name)
    workers = client.read_workers_for_work_pool(name)
    return Pool(
        name=name,
        limit=pool.concurrency_limit,
        workers=sum(worker.status == "ONLINE" for worker in workers),
        is_paused=bool(pool.is_paused),
    )


def _deployment(name: str, found: DeploymentResponse, next_run: datetime | None) -> Deployment:
    schedules = found.schedules
    return Deployment(
        name=name,
        pool=found.work_pool_name,
        schedules=tuple(_shown(schedule) for schedule in schedules),
        is_paused=found.paused or bool(schedules and not any(schedule.active for schedule in schedules)),
        parameters=found.parameters,
        next_run=next_run,
    )


def _shown(schedule: DeploymentSchedule) -> str:
    given = schedule.schedule
    if isinstance(given, CronSchedule):
        return f"{given.cron} {given.timezone or 'UTC'}"
    return f"every {given.interval}" if isinstance(given, IntervalSchedule) else "by a rule of its own"
