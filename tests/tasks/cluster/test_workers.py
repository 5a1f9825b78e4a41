"""When a cluster is waited for, when it is refused, what is said meanwhile."""

from types import SimpleNamespace

import pytest

from shls_core.errors import InputError
from tasks.cluster import workers
from tasks.cluster.autoscaler import Autoscaler
from tasks.cluster.workers import QUIET_SECONDS, Patience, RollCall
from tasks.runs.execution_config import StageResources
from tasks.runs.flights import Flight

HEAD = {"memory": 4e9}
NODE = {"CPU": 2.0, "memory": 8e9}
ONE_CORE = StageResources()
TERABYTE = StageResources(memory="1TB")
BY_HAND = Autoscaler(is_known=True)
GROWS = Autoscaler(is_known=True, can_start=True)
STARTS = Autoscaler(is_known=True, can_start=True, is_starting=True)


@pytest.mark.parametrize(
    ("nodes", "scaler", "each", "least"),
    [
        ([HEAD, NODE], BY_HAND, ONE_CORE, 2),  # room, which others use now
        ([HEAD], STARTS, ONE_CORE, 4),
        ([HEAD, NODE], STARTS, TERABYTE, 1),
    ],
)
def test_a_cluster_that_has_room_or_gets_some_is_waited_for_as_long_as_it_takes(nodes, scaler, each, least):
    patience = Patience(least, each)
    for second in range(0, 100_000, 1000):
        patience.refuse(nodes, scaler, second)


@pytest.mark.parametrize(
    ("nodes", "scaler", "each", "message"),
    [
        (
            [HEAD, NODE],
            BY_HAND,
            TERABYTE,
            "expected Ray to have a node with 1 CPU, 1 TB of memory for a worker, got 2 CPUs, 8 GB of "
            "memory, 0 GPUs at most, and no autoscaler adds others (execution.stages)",
        ),
        (
            [HEAD],
            Autoscaler(is_known=True, can_start=True, refused=({"CPU": 1.0, "GPU": 8.0},)),
            StageResources(gpus=8),
            "expected Ray to have a node with 1 CPU, 8 GPUs for a worker, got 0 CPUs, 4 GB of memory, "
            "0 GPUs at most, and its autoscaler adds none that has (execution.stages)",
        ),
    ],
)
def test_what_no_node_could_ever_hold_is_refused_at_once(nodes, scaler, each, message):
    with pytest.raises(InputError) as raised:
        Patience(1, each).refuse(nodes, scaler, 0)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("nodes", "scaler", "each", "least"),
    [
        ([HEAD], BY_HAND, ONE_CORE, 1),  # a node may be restarting
        ([HEAD, NODE], BY_HAND, ONE_CORE, 3),
        ([HEAD, NODE], Autoscaler(is_known=False), TERABYTE, 1),
        ([HEAD], GROWS, TERABYTE, 1),  # the first autoscaler does not say that it never will
        ([HEAD, NODE], GROWS, ONE_CORE, 3),
    ],
)
def test_a_cluster_on_which_nothing_moves_has_a_minute(nodes, scaler, each, least):
    patience = Patience(least, each)
    patience.refuse(nodes, scaler, 0)
    patience.refuse(nodes, STARTS, 50)  # then something did
    patience.refuse(nodes, scaler, 55)
    patience.refuse(nodes, scaler, 114)
    with pytest.raises(InputError, match=r"^expected Ray to have [^\n]+$"):
        patience.refuse(nodes, scaler, 115)


def worker(name):
    return SimpleNamespace(_actor_id=SimpleNamespace(hex=lambda: name))


@pytest.fixture
def roll(monkeypatch):
    """A roll call that began at 0 s, the lines it says, and the names of the workers that are up."""
    said, up = [], set()
    monkeypatch.setattr(workers, "alive_workers", lambda: up)
    call = RollCall(1, ONE_CORE, is_ours=False, say=said.append)
    monkeypatch.setattr(call, "_began", 0.0)
    return call, said, up


def flights_of(**jobs):
    return {name: Flight(worker(name), job) for name, job in jobs.items()}


def test_workers_that_come_or_go_are_counted_in_a_line_each_time(roll):
    call, said, up = roll
    up |= {"a"}
    flights = flights_of(a=1, b=None)
    for now in (3.0, 10.0, 20.0, 40.0):
        assert call.look(flights, [], now) == []
    assert said == ["works with 1 of 2 workers; others join as they come"]
    up |= {"b"}
    call.look(flights, [], 50.0)
    up.clear()
    call.look(flights, [], 60.0)
    call.look(flights, [], 70.0)
    up |= {"a", "b"}
    call.look(flights, [], 80.0)
    assert said[1:] == [
        "works with 2 of 2 workers",
        "waits for 1 worker, 0 are up",
        "works with 2 of 2 workers",
    ]


def test_where_all_workers_are_up_nothing_is_said(roll):
    call, said, up = roll
    up |= {"a", "b"}
    for now in range(0, 1000, 10):
        call.look(flights_of(a=1, b=2), [], float(now))
    assert said == []


def test_the_job_of_a_lost_worker_is_given_to_one_that_has_nothing_to_do(roll):
    call, _, up = roll
    up |= {"idle"}
    flights = flights_of(lost="its job", starting=None)
    assert call.look(flights, [], 10.0) == []
    assert call.look(flights, [], 40.0) == []  # all others are at work
    assert call.look(flights, [worker("idle")], 50.0) == ["its job"]
    assert set(flights) == {"starting"}


def test_a_worker_that_is_up_again_keeps_its_job(roll):
    call, _, up = roll
    up |= {"idle"}
    flights = flights_of(one="its job")
    call.look(flights, [worker("idle")], 10.0)
    up |= {"one"}
    call.look(flights, [worker("idle")], 20.0)
    up -= {"one"}
    assert call.look(flights, [worker("idle")], 31.0) == []
    assert set(flights) == {"one"}


def test_a_short_wait_is_not_worth_a_word(roll):
    call, said, _ = roll
    call._say_waits(0, 2, QUIET_SECONDS - 1)
    assert said == []
    for now in (QUIET_SECONDS, QUIET_SECONDS + 10, QUIET_SECONDS + 31):
        call._say_waits(0, 2, now)
    assert said == ["waits for 2 workers, 0 are up"] * 2
