"""The automations that heal runs and notify people, as code.

Prefect starts no crashed run again, and a run whose process was killed stays "Running" for ever unless an
automation of the server's owner says otherwise. Runs are known by the tag that `prefect.yaml` gives them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from prefect.events.actions import ActionTypes, ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.server.schemas.states import StateType

from flows.schedule.addresses import Recipient
from flows.schedule.words import CRASHED, FAILED, LATE, Words

HEALING = "shls-healing"
NOTIFYING = "shls-notifying"
"""Tags of automations."""
MISSED_HEARTBEATS = 3
STARTS_AGAIN_A_DAY = 3
_START_HEARTBEATS = 10
_RUNS = ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]})
_OURS: Any = [
    ResourceSpecification({"prefect.resource.role": ["tag"], "prefect.resource.id": ["prefect.tag.shls"]}),
    ResourceSpecification({"prefect.resource.role": ["deployment"]}),
]
_WHOEVERS: Any = []
_RUNNING = "prefect.flow-run.Running"
_HEARTBEAT = "prefect.flow-run.heartbeat"
_ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
_DAY = timedelta(days=1)
_SAME_PARAMETERS = {
    "__prefect_kind": "json",
    "value": {"__prefect_kind": "jinja", "template": "{{ flow_run.parameters | tojson }}"},
}


def healing(heartbeat_seconds: int) -> list[AutomationCore]:
    """Return the automations that end dead runs, and start crashed ones again.

    Parameters
    ----------
    heartbeat_seconds
        How often a run shows that it is alive.
    """
    silent = timedelta(seconds=MISSED_HEARTBEATS * heartbeat_seconds)
    unstarted = timedelta(seconds=_START_HEARTBEATS * heartbeat_seconds)
    return [
        _automation(
            "shls: a silent run is crashed",
            f"A run that misses {MISSED_HEARTBEATS} heartbeats is dead, with its process or its machine.",
            _silence(_HEARTBEAT, {_HEARTBEAT, *_ENDED}, silent),
            [_crash(f"Its process is gone: no heartbeat for {_shown(silent)}.")],
        ),
        _automation(
            "shls: a run without a first heartbeat is crashed",
            "A run that was killed as soon as it was running; only ours, for others may have no heartbeats.",
            _silence(_RUNNING, {_HEARTBEAT, *_ENDED}, silent, _OURS),
            [_crash(f"Its process is gone: no heartbeat for {_shown(silent)}.")],
        ),
        _automation(
            "shls: a run that does not start is crashed",
            "A run that a worker took and that does not run is dead: the worker was killed meanwhile.",
            _silence("prefect.flow-run.Pending", {_RUNNING, *_ENDED}, unstarted),
            [_crash(f"A worker took it, and it did not run within {_shown(unstarted)}.")],
        ),
        *(_start_again(time) for time in range(1, STARTS_AGAIN_A_DAY + 1)),
    ]


def notifying(recipients: Sequence[Recipient]) -> list[AutomationCore]:
    """Return the automations that notify recipients of runs that crashed, failed or are late."""
    if not recipients:
        return []
    return [
        _notify("shls: notify of a crashed run", "prefect.flow-run.Crashed", CRASHED, recipients),
        _notify("shls: notify of a failed run", "prefect.flow-run.Failed", FAILED, recipients),
        _notify("shls: notify of a late run", "prefect.flow-run.Late", LATE, recipients),
    ]


def _start_again(time: int) -> AutomationCore:
    """Return the automation that acts on the crash number `time` of a deployment in a day, and on no other.

    A trigger fires when its threshold is reached, and not again within its time: there is one for each crash.
    """
    return _automation(
        f"shls: a crashed run is started again, {time} of {STARTS_AGAIN_A_DAY} a day",
        "A new run of the same deployment with the same parameters; it goes on from what is in the store.",
        EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match=_RUNS,
            match_related=_OURS,
            for_each={"related:deployment:prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=time,
            within=_DAY,
        ),
        [RunDeployment(source="inferred", deployment_id=None, parameters=_SAME_PARAMETERS)],
    )


def _notify(name: str, event: str, words: Words, recipients: Sequence[Recipient]) -> AutomationCore:
    trigger = EventTrigger(
        expect={event},
        match=_RUNS,
        match_related=_OURS,
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    actions = [recipient.action(words) for recipient in recipients]
    return _automation(name, "To the addresses that SHLS_NOTIFY named.", trigger, actions, NOTIFYING)


def _silence(after: str, expect: set[str], within: timedelta, match_related: Any = _WHOEVERS) -> EventTrigger:
    return EventTrigger(
        after={after},
        expect=expect,
        match=_RUNS,
        match_related=match_related,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=within,
    )


def _crash(message: str) -> ChangeFlowRunState:
    return ChangeFlowRunState(state=StateType.CRASHED, message=message)


def _automation(
    name: str, description: str, trigger: EventTrigger, actions: Sequence[ActionTypes], tag: str = HEALING
) -> AutomationCore:
    return AutomationCore(
        name=name, description=description, trigger=trigger, actions=list(actions), tags=[tag]
    )


def _shown(time: timedelta) -> str:
    return f"{time.total_seconds():.0f} s"
