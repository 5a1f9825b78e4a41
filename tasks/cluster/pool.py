"""The Ray workers of this process: started once, kept from stage to stage."""

import math
from typing import Any

from storage.provenance import syntax
from tasks.cluster import actor
from tasks.cluster.ray_start import start_ray
from tasks.cluster.resources import ray_options
from tasks.runs.execution_config import StageResources, WorkerRange
from tasks.runs.ray_settings import prepare_import


class WorkerPool:
    """Workers that all reserve the same; others take their place when something else is asked for."""

    def __init__(self) -> None:
        self._handles: list[Any] = []
        self._asked_for: tuple[WorkerRange, StageResources] | None = None
        self._cores_of_own_ray = 0

    def started(self, asked: WorkerRange, resources: StageResources) -> list[Any]:
        """Return as many workers as asked for, up or not."""
        prepare_import()
        import ray

        send: Any = ray.cloudpickle.register_pickle_by_value  # untyped
        for module in (actor, syntax):  # workers get them as they are here
            send(module)
        if self._asked_for != (asked, resources) or not self._handles or not ray.is_initialized():
            self.stop()
            self.start_ray(math.ceil(asked.most * resources.cpus))
            self._asked_for = (asked, resources)
            self._handles = [self._new(resources) for _ in range(asked.most)]
        return list(self._handles)

    def replaced(self, lost: Any) -> Any:
        """Return another worker in the place of a lost one, which is no more listened to.

        Ray could restart it and repeat its calls. But of a node that was cut off and is there again, an
        answer may be lost without a word, and whoever waits for it waits for ever.
        """
        import ray

        assert self._asked_for is not None
        ray.kill(lost)
        another = self._new(self._asked_for[1])
        self._handles[self._handles.index(lost)] = another
        return another

    def _new(self, resources: StageResources) -> Any:
        import ray

        return ray.remote(actor.Actor).options(**ray_options(resources)).remote()

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


pool = WorkerPool()
