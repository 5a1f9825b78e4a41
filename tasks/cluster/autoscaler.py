"""What the autoscaler of a Ray cluster says: whether there is one, what it starts, what it never can.

Ray has two. The first writes a status as JSON and says nowhere what its nodes could have; the second, of
KubeRay, keeps a message with the requests that none of its kinds of nodes could meet. Both also run, without
starting anything, where nodes are started by hand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BY_HAND = re.compile(r"node_[0-9a-f]{16,}")
"""The kind of a node that no autoscaler started: it is called by the id of the node."""


@dataclass(frozen=True)
class Autoscaler:
    """What is known of it at one moment."""

    is_known: bool
    """Whether it has said anything yet; where nodes are started by hand, it says so within seconds."""
    can_start: bool = False
    """Whether it may start nodes at all."""
    is_starting: bool = False
    """Whether nodes are on their way, or were tried in vain a moment ago."""
    refused: tuple[Mapping[str, float], ...] = ()
    """Requests that none of its kinds of nodes could meet, as far as it says."""


def of_first(status: bytes | None) -> Autoscaler:
    """Return what the status of Ray's first autoscaler says."""
    report = json.loads(status or b"{}").get("autoscaler_report")
    if not report:
        return Autoscaler(is_known=False)
    kinds = {**(report.get("active_nodes") or {}), **(report.get("idle_nodes") or {})}
    tried = (report.get("node_availability_summary") or {}).get("node_availabilities") or {}
    in_vain = any(not one["is_available"] for one in tried.values())
    return Autoscaler(
        is_known=bool(kinds),
        can_start=any(not _BY_HAND.fullmatch(kind) for kind in kinds),
        is_starting=bool(report.get("pending_nodes") or report.get("pending_launches") or in_vain),
    )


def of_second(state: Any) -> Autoscaler:
    """Return what the state of Ray's second autoscaler says, its message ``AutoscalingState``."""
    starting: Sequence[Any] = (
        *state.pending_instances,
        *state.pending_instance_requests,
        *state.failed_instance_requests,
    )
    return Autoscaler(
        is_known=bool(state.last_seen_cluster_resource_state_version),
        can_start=True,
        is_starting=bool(starting),
        refused=tuple(dict(request.resources_bundle) for request in state.infeasible_resource_requests),
    )


def autoscaler() -> Autoscaler:
    """Return what the autoscaler of the cluster that this process has joined says now."""
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.autoscaler.v2.utils import is_autoscaler_v2
    from ray.core.generated import autoscaler_pb2
    from ray.experimental import internal_kv

    kv: Any = internal_kv  # untyped, as are the messages
    messages: Any = autoscaler_pb2
    client = kv.internal_kv_get_gcs_client()
    if is_autoscaler_v2(fetch_from_server=True, gcs_client=client):
        reply = messages.GetClusterStatusReply()
        reply.ParseFromString(client.get_cluster_status(timeout_s=10))
        return of_second(reply.autoscaling_state)
    return of_first(kv._internal_kv_get(DEBUG_AUTOSCALING_STATUS))
