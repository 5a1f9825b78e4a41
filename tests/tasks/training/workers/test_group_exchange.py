"""Two processes exchange what they have of three shares."""

import json
import subprocess
import sys

import pytest
import torch.distributed as dist

from shls_core.training.exchange import Exchange
from tasks.training.workers.group_exchange import GroupExchange

TALK = """
import json, os, sys
import torch
import torch.distributed as dist
from shls_core.errors import InputError, SampleError
from tasks.training.workers.group_exchange import GroupBroken, GroupExchange

class Local(Exception):
    def __init__(self, one, two):
        super().__init__("cannot be read again")

rank, place, what = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{place}", rank=rank, world_size=2)
exchange = GroupExchange(3)
said = {"shares": list(exchange.shares), "first": exchange.is_first}
if what == "values":
    said["gathered"] = exchange.gather([f"share {share}" for share in exchange.shares])
    vectors = exchange.gather_vectors([torch.full((2,), 10.0 * share) for share in exchange.shares])
    said["vectors"] = [vector.tolist() for vector in vectors]
    said["nothing"] = len(exchange.gather_vectors([torch.empty(0) for _ in exchange.shares]))
    said["made"] = exchange.of_first(lambda: f"made by {rank}")
    said["workers"] = exchange.of_workers(rank)
elif what in ("told", "local"):
    error = InputError("share 1 is bad") if what == "told" else Local(1, 2)
    try:
        if rank:
            raise error
        exchange.gather([0])
    except Exception as heard:
        exchange.tell(heard)
        said["heard"] = f"{type(heard).__name__}: {heard}"
elif what == "gone":
    dist.barrier()  # both are connected
    if rank:
        os._exit(9)
    try:
        exchange.gather([0])
    except GroupBroken:
        said["heard"] = "gone"
print(json.dumps(said))
os._exit(0) if what == "gone" else dist.destroy_process_group()
"""


@pytest.fixture
def talk(tmp_path, monkeypatch):
    """Return a function that lets two processes talk, and returns what each of them said."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")

    def said(what):
        command = [sys.executable, "-c", TALK]
        processes = [
            subprocess.Popen([*command, str(rank), str(tmp_path / what), what], stdout=subprocess.PIPE)
            for rank in range(2)
        ]
        outputs = [process.communicate(timeout=120)[0] for process in processes]
        return [json.loads(output) if output else None for output in outputs]

    return said


def test_everybody_has_everything_in_the_order_of_the_shares(talk):
    first, second = talk("values")
    assert (first["shares"], second["shares"]) == ([0], [1, 2])
    assert (first["first"], second["first"]) == (True, False)
    for said in (first, second):
        assert said["gathered"] == ["share 0", "share 1", "share 2"]
        assert said["vectors"] == [[0.0, 0.0], [10.0, 10.0], [20.0, 20.0]]
        assert (said["nothing"], said["made"], said["workers"]) == (3, "made by 0", [0, 1])


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("told", "InputError: share 1 is bad", "InputError: share 1 is bad"),
        ("local", "StageError: Local: cannot be read again", "Local: cannot be read again"),
    ],
)
def test_an_error_of_one_ends_the_others_with_it(talk, what, first, second):
    assert [said["heard"] for said in talk(what)] == [first, second]


def test_who_is_gone_is_noticed(talk):
    assert talk("gone") == [{"shares": [0], "first": True, "heard": "gone"}, None]


def test_it_is_an_exchange(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/place", rank=0, world_size=1)
    try:
        exchange = GroupExchange(2)
        assert isinstance(exchange, Exchange)
        assert exchange.gather(["a", "b"]) == ["a", "b"]
    finally:
        dist.destroy_process_group()
