"""What Ray's two autoscalers say, in their own words."""

import json

from tasks.cluster.autoscaler import of_first, of_second

BY_HAND = f"node_{'0f' * 28}"


def first(**report):
    return of_first(json.dumps({"autoscaler_report": report}).encode())


def test_the_first_says_nothing_before_its_first_turn():
    assert not of_first(None).is_known
    assert not of_first(b"{}").is_known
    assert not first(active_nodes={}).is_known


def test_nodes_that_were_started_by_hand_are_kinds_of_their_own():
    found = first(active_nodes={BY_HAND: 1}, idle_nodes=None, pending_nodes=[], pending_launches={})
    assert (found.is_known, found.can_start, found.is_starting) == (True, False, False)


def test_the_first_starts_nodes_of_kinds_with_names():
    found = first(active_nodes={}, idle_nodes={"ray.head.default": 1}, pending_nodes=[], pending_launches={})
    assert (found.is_known, found.can_start, found.is_starting) == (True, True, False)
    made = {"node_availability_summary": {"node_availabilities": {"cpu": {"is_available": True}}}}
    assert not first(active_nodes={"ray.head.default": 1}, **made).is_starting
    for report in (
        {"pending_launches": {"cpu": 1}},
        {"pending_nodes": [["1.2.3.4", "cpu", "setting-up"]]},
        {"node_availability_summary": {"node_availabilities": {"cpu": {"is_available": False}}}},
    ):
        assert first(active_nodes={"ray.head.default": 1}, **report).is_starting


def test_the_second_names_what_it_never_can():
    from ray.core.generated.autoscaler_pb2 import AutoscalingState

    assert not of_second(AutoscalingState()).is_known
    state = AutoscalingState(last_seen_cluster_resource_state_version=1)
    state.infeasible_resource_requests.add().resources_bundle.update({"CPU": 1.0, "memory": 1e12})
    found = of_second(state)
    assert (found.is_known, found.is_starting) == (True, False)
    assert found.refused == ({"CPU": 1.0, "memory": 1e12},)
    state.pending_instances.add(instance_id="i")
    assert of_second(state).is_starting
