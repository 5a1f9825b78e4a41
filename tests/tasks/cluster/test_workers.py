"""When a cluster is waited for, when it is refused, what is said meanwhile."""

from types import SimpleNamespace

import pytest

from shls_core.errors import InputError
from tasks.cluster import workers
from tasks.cluster.autoscaler import Autoscaler
from tasks.cluster.workers import QUIET_SECONDS, Patience, RollCall
from tasks.runs.execution_config import StageResources

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
    """A function that looks at some time in seconds, the lines that were said, the workers that are up."""
    said, up, clock = [], set(), [0.0]
    monkeypatch.setattr(workers, "alive_workers", lambda: up)
    call = RollCall(1, ONE_CORE, is_ours=False, say=said.append, now=lambda: clock[0])
    monkeypatch.setattr(call, "_began", 0.0)

    def look(*seconds):
        for clock[0] in seconds:
            call.look([worker("a"), worker("b")])

    return look, said, up


def test_workers_that_come_or_go_are_counted_in_a_line_each_time(roll):
    look, said, up = roll
    up |= {"a"}
    look(3.0, 10.0, 20.0, 40.0)
    assert said == ["works with 1 of 2 workers; others join as they come"]
    up |= {"b"}
    look(50.0)
    up.clear()
    look(60.0, 70.0)
    up |= {"a", "b"}
    look(80.0)
    assert said[1:] == [
        "works with 2 of 2 workers",
        "waits for 1 worker, 0 are up",
        "works with 2 of 2 workers",
    ]


def test_where_all_workers_are_up_nothing_is_said(roll):
    look, said, up = roll
    up |= {"a", "b"}
    look(*range(0, 1000, 10))
    assert said == []


def test_a_short_wait_is_not_worth_a_word():
    said = []
    call = RollCall(1, ONE_CORE, is_ours=False, say=said.append)
    call._began = 0.0
    call._say_waits(0, 2, QUIET_SECONDS - 1)
    assert said == []
    for now in (QUIET_SECONDS, QUIET_SECONDS + 10, QUIET_SECONDS + 31):
        call._say_waits(0, 2, now)
    assert said == ["waits for 2 workers, 0 are up"] * 2
