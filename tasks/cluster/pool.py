"""The Ray workers of this process: started once, kept from stage to stage."""

import math
from typing import Any

from storage.provenance import syntax
from tasks.cluster import actor
from tasks.cluster.ray_start import start_ray
from tasks.cluster.resources import ray_options
from tasks.runs.execution_config import StageResources
from tasks.runs.ray_settings import prepare_import
from tasks.runs.worker_range import WorkerRange

_STARTS = 100
"""How often a worker is started anew before it is up: on a cluster that loses nodes, often."""


class WorkerPool:
    """Workers that all reserve the same; others take their place when something else is asked for."""

    def __init__(self) -> None:
        self._handles: list[Any] = []
        self._asked_for: tuple[WorkerRange, StageResources] | None = None
        self._cores_of_own_ray = 0

    def started(self, asked: WorkerRange, resources: StageResources) -> list[Any]:
        """Return as many workers as asked for, up or not; Ray replaces one that dies.

        A call is lost with its worker, but for `ready`, which is made again until a worker is up.
        """
        prepare_import()
        import ray

        send: Any = ray.cloudpickle.register_pickle_by_value  # untyped
        for module in (actor, syntax):  # workers get them as they are here
            send(module)
        if self._asked_for != (asked, resources) or not self._handles or not ray.is_initialized():
            self.stop()
            self.start_ray(math.ceil(asked.most * resources.cpus))
            worker = ray.remote(max_restarts=-1)(actor.Actor).options(**ray_options(resources))
            self._handles = [worker.remote() for _ in range(asked.most)]
            self._asked_for = (asked, resources)
        return list(self._handles)

    def stop(self) -> None:
        """Kill the workers, even in the middle of a job, so that their cores are free for others."""
        import ray

        handles, self._handles = self._handles, []
        for handle in handles if ray.is_initialized() else ():
            ray.kill(handle)

    def start_ray(self, cores: int) -> None:
        """Start or join Ray, if it is not up with as many cores."""
        import ray

        if ray.is_initialized():
            if not 0 < self._cores_of_own_ray < cores:
                return
            ray.shutdown()
        self._cores_of_own_ray = cores if start_ray(cores) else 0


def say_ready(worker: Any, expected: Any) -> Any:
    """Return a reference of what a worker says of itself as soon as it is up (`tasks.cluster.actor`)."""
    return worker.ready.options(max_task_retries=_STARTS).remote(expected)


pool = WorkerPool()
