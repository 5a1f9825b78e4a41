"""Waiting for workers of a cluster, with a word; refusing those that it will never have room for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shls_core.errors import InputError
from tasks.cluster.autoscaler import Autoscaler, autoscaler
from tasks.cluster.resources import Amounts, demand, described, largest, room
from tasks.runs.execution_config import StageResources
from tasks.terminal import print_line

LOOK_SECONDS = 2.0
"""How often somebody looks at a cluster while there is something to wait for."""
QUIET_SECONDS = 6.0
"""Workers that come within this time, as on most starts, are not worth a word."""
_WORD_SECONDS = 30.0
_NEVER = 1e7
_PATIENCE_SECONDS = 60.0
"""How long nothing may move, where nodes may yet join or a replaced one come back."""


class Settings(NamedTuple):
    """The keys of the configuration that say what a worker reserves, and how many there are."""

    of_each: str
    of_number: str


OF_STAGES = Settings("execution.stages", "execution.workers")


@dataclass
class Patience:
    """Decides whether there is hope for workers that are not up.

    Attributes
    ----------
    least
        Workers without which no work begins.
    resources
        What each reserves.
    seconds
        How long a cluster without room, on which nothing moves, is waited for.
    settings
        What a refusal names.
    """

    least: int
    resources: StageResources
    seconds: float = _PATIENCE_SECONDS
    settings: Settings = OF_STAGES
    _hopeless_since: float | None = field(default=None, init=False)

    def refuse(self, nodes: Sequence[Amounts], scaler: Autoscaler, now: float) -> None:
        """Raise if the cluster will not have room.

        It has room for workers that wait for others' work to end. At once is refused what no node could hold
        where no node can be added, and what the autoscaler says that none of its nodes could; else a cluster
        that is too small has some time: a node may be restarting, or another joining.

        Raises
        ------
        InputError
        """
        possible = room(nodes, self.resources)
        if possible >= self.least or scaler.is_starting:
            self._hopeless_since = None
            return
        wanted = demand(self.resources)
        has_workers = any(node.get("CPU", 0) > 0 for node in nodes)
        by_hand = scaler.is_known and not scaler.can_start
        if possible == 0 and ((by_hand and has_workers) or wanted in map(dict, scaler.refused)):
            raise InputError(self._message(nodes, scaler, possible))
        self._hopeless_since = now if self._hopeless_since is None else self._hopeless_since
        if now - self._hopeless_since >= self.seconds:
            raise InputError(self._message(nodes, scaler, possible))

    def _message(self, nodes: Sequence[Amounts], scaler: Autoscaler, possible: int) -> str:
        each = described(self.resources)
        more = "its autoscaler adds none that has" if scaler.can_start else "no autoscaler adds others"
        if possible == 0:
            return (
                f"expected Ray to have a node with {each} for a worker, got {largest(nodes)} at most, and "
                f"{more} ({self.settings.of_each})"
            )
        return (
            f"expected Ray to have room for {self.least} workers of {each} each, got room for {possible} and "
            f"{more} ({self.settings.of_number})"
        )


@dataclass
class RollCall:
    """Which workers are up: waits for the first, says how many there are.

    Attributes
    ----------
    least
        So many have to be up before work begins.
    resources
        What each reserves.
    is_ours
        Whether the Ray is one of our own, on this machine alone: there is nothing to watch then.
    settings
        What a refusal names.
    """

    least: int
    resources: StageResources
    is_ours: bool
    settings: Settings = OF_STAGES
    say: Callable[[str], None] = print_line
    now: Callable[[], float] = time.monotonic
    _began: float = field(default_factory=time.monotonic, init=False)
    _looked: float = field(default=0.0, init=False)
    _waited: float | None = field(default=None, init=False)
    _up: int | None = field(default=None, init=False)

    @property
    def seconds(self) -> float:
        """How long work may go on until somebody looks again."""
        return _NEVER if self.is_ours else LOOK_SECONDS

    def await_least(self, ready: Sequence[Any]) -> None:
        """Return when enough workers are up.

        Parameters
        ----------
        ready
            A reference of each worker, which is there as soon as the worker is.

        Raises
        ------
        InputError
            If the cluster will not have room for them.
        """
        import ray

        seconds = 0.0 if self.is_ours else _PATIENCE_SECONDS
        patience = Patience(self.least, self.resources, seconds, self.settings)
        while True:
            up, _ = ray.wait(list(ready), num_returns=self.least, timeout=LOOK_SECONDS)
            if len(up) >= self.least:
                return
            now = self.now()
            patience.refuse(alive_nodes(), Autoscaler(is_known=True) if self.is_ours else autoscaler(), now)
            self._say_waits(len(up), self.least, now)

    def look(self, workers: Sequence[Any]) -> None:
        """Say how many workers are up, if this has changed."""
        now = self.now()
        if self.is_ours or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        alive = alive_workers()
        self._say_up(sum(_id_of(worker) in alive for worker in workers), len(workers), now)

    def _say_up(self, up: int, most: int, now: float) -> None:
        if up == 0:
            self._say_waits(0, 1, now)
        elif up != self._up and (up < most or self._up is not None or self._waited is not None):
            if now - self._began < QUIET_SECONDS:  # the others may be a moment behind
                return
            self.say(f"works with {up} of {most} workers{'; others join as they come' if up < most else ''}")
            self._up = up

    def _say_waits(self, up: int, least: int, now: float) -> None:
        if now - self._began < QUIET_SECONDS or (self._waited and now - self._waited < _WORD_SECONDS):
            return
        self._waited, self._up = now, up
        workers = "1 worker" if least == 1 else f"{least} workers"
        self.say(f"waits for {workers}, {up} {'is' if up == 1 else 'are'} up")


def alive_nodes() -> list[Amounts]:
    """Return what each node of the cluster has, used or not."""
    import ray

    nodes: Any = ray.nodes  # untyped
    return [node["Resources"] for node in nodes() if node["Alive"]]


def alive_workers() -> set[str]:
    """Return the ids of the workers of this process that are up."""
    import ray
    from ray._private.state import actors

    # By text: its filter takes the id of a job that was parsed from one.
    job = ray.JobID.from_hex(ray.get_runtime_context().get_job_id())
    return set(actors(job_id=job, actor_state_name="ALIVE"))


def _id_of(worker: Any) -> str:
    return str(worker._actor_id.hex())
