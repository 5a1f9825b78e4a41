"""What a Prefect server of the user's own runs now and has scheduled, if one is configured."""

from __future__ import annotations

import httpx

from tasks.upkeep.store_status import StatusPart

_LISTED = 10
_SHOWN_STATES = ("RUNNING", "PENDING", "SCHEDULED", "PAUSED", "CANCELLING")


class FlowRun(StatusPart):
    """A run that a server runs or has scheduled."""

    name: str
    deployment: str | None
    state: str
    """In Prefect's words: ``Running``, ``Late``, ``Scheduled``."""
    when: str | None
    """Its start, or when it is expected, UTC."""


class Schedule(StatusPart):
    """What a server has."""

    server: str | None
    """Its address; None: no server is configured."""
    runs: tuple[FlowRun, ...] = ()
    """By the time of their start."""
    error: str | None = None
    """Why it could not be asked."""


def scheduled() -> Schedule:
    """Ask the server of PREFECT_API_URL; no server is started."""
    from prefect.settings import get_current_settings  # takes seconds

    address = get_current_settings().api.url
    if not address:
        return Schedule(server=None)
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort
    from prefect.exceptions import PrefectException

    wanted = FlowRunFilter.model_validate({"state": {"type": {"any_": list(_SHOWN_STATES)}}})
    try:
        # One try: by default the client goes on for more than a minute.
        with get_client(sync_client=True, httpx_settings={"timeout": 10.0}) as client:
            found = client.read_flow_runs(
                flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=_LISTED
            )
            deployments = {
                one: client.read_deployment(one).name for one in {run.deployment_id for run in found} if one
            }
    except (httpx.HTTPError, PrefectException) as error:
        what = str(error).strip().splitlines()
        return Schedule(server=address, error=what[0] if what else type(error).__name__)
    return Schedule(
        server=address,
        runs=tuple(
            FlowRun(
                name=run.name,
                deployment=deployments.get(run.deployment_id) if run.deployment_id else None,
                state=run.state_name or "unknown",
                when=_utc(run.start_time or run.expected_start_time),
            )
            for run in found
        ),
    )


def _utc(moment: object) -> str | None:
    return None if moment is None else str(moment)[:19].replace("T", " ")
