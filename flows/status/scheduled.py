"""What a Prefect server of the user's own runs now and starts next, if one is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from tasks.upkeep.store_status import StatusPart

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_LISTED = 10
_UNDER_WAY = ("Running", "Pending", "Late", "Paused", "Cancelling", "AwaitingRetry")


class FlowRun(StatusPart):
    """A run that began, or should have begun."""

    name: str
    deployment: str | None
    """``flow/deployment``; None: started by a command."""
    state: str
    """In Prefect's words: ``Running``, ``Late``."""
    when: str | None
    """Its start, or when it was expected, UTC."""


class NextRun(StatusPart):
    """The first run of a deployment that is yet to come."""

    deployment: str
    when: str
    """UTC."""


class Schedule(StatusPart):
    """What a server has of this project."""

    server: str | None
    """Its address; None: no server is configured."""
    runs: tuple[FlowRun, ...] = ()
    """By the time of their start."""
    next: tuple[NextRun, ...] = ()
    """By time: one for each deployment with a schedule that is not paused."""
    error: str | None = None
    """Why it could not be asked."""


def scheduled() -> Schedule:
    """Ask the server of PREFECT_API_URL; no server is started."""
    from prefect.settings import get_current_settings  # takes seconds

    address = get_current_settings().api.url
    if not address:
        return Schedule(server=None)
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectException

    try:
        # One try: by default the client goes on for more than a minute.
        with get_client(sync_client=True, httpx_settings={"timeout": 10.0}) as client:
            return _schedule(address, client)
    except (httpx.HTTPError, PrefectException) as error:
        what = str(error).strip().splitlines()
        return Schedule(server=address, error=what[0] if what else type(error).__name__)


def _schedule(address: str, client: SyncPrefectClient) -> Schedule:
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    from flows.schedule.overview import TAG, deployments_of, next_runs

    wanted = {"state": {"name": {"any_": list(_UNDER_WAY)}}, "tags": {"all_": [TAG]}}
    found = client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(wanted),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=_LISTED,
    )
    names = {each.id: name for name, each in deployments_of(client).items()}
    coming = sorted((when, names[one]) for one, when in next_runs(client).items() if one in names)
    return Schedule(
        server=address,
        runs=tuple(
            FlowRun(
                name=run.name,
                deployment=names.get(run.deployment_id) if run.deployment_id else None,
                state=run.state_name or "unknown",
                when=_utc(run.start_time or run.expected_start_time),
            )
            for run in found
        ),
        next=tuple(NextRun(deployment=name, when=str(_utc(when))) for when, name in coming),
    )


def _utc(moment: object) -> str | None:
    return None if moment is None else str(moment)[:19].replace("T", " ")
