"""Launches the workers of a training with Ray Train, and follows them until they end.

Ray starts the workers, joins them to a process group and starts them anew when one is lost. It keeps no
checkpoint of its own: the states in the store are the state.
"""

import os
import tempfile
import threading
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from shls_core.errors import StageError, WorkerLost
from storage.objects.training_states import TrainingStates
from storage.records.checkpoints import CheckpointRecord
from tasks.cluster.pool import pool
from tasks.cluster.resources import demand
from tasks.cluster.workers import RollCall, Settings
from tasks.runs.device import choose_device, device_kind
from tasks.runs.execution_config import ExecutionConfig, StageResources
from tasks.runs.ray_settings import cluster_address, prepare_import
from tasks.runs.worker_range import WorkerRange
from tasks.terminal import print_line
from tasks.training.course import FollowedCourse
from tasks.training.learn import Observers
from tasks.training.metrics import Observer
from tasks.training.workers.group_exchange import GroupExchange
from tasks.training.workers.mailbox import Mailbox
from tasks.training.workers.work import Begun, Ended, WorkOrder, work

_MAX_ATTEMPTS = 6
"""Groups that lose a worker before anything new is saved, until that is an error."""
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 60.0
"""How long workers that were told to end may take to save their state."""
_LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}
"""What workers of our own Ray talk over: nobody else has to reach them."""
_EXCHANGE_SECONDS = 24 * 3600
"""Longest wait of workers for each other: the first one validates alone. Ray itself finds the dead."""


def learn_on_ray(
    order: WorkOrder, workers: WorkerRange, states: TrainingStates, observers: Observers
) -> CheckpointRecord:
    """Train with several workers, from the newest saved state or from the beginning.

    A lost worker costs the steps since the last saved state.

    Parameters
    ----------
    order
        What to train.
    workers
        How many may share it.
    states
        Where the workers save their states.
    observers
        Who gets the figures; asked again whenever the workers begin anew.

    Raises
    ------
    WorkerLost
        If workers are lost again and again before they save a state.
    InputError
        If the Ray cluster has no room for the smallest number of workers.
    ShlsError
        What a worker raised.
    """
    needs = reserved(order.execution, order.learning.training.num_threads, workers)
    with tempfile.TemporaryDirectory(prefix="shls-train-") as scratch, _Followed(observers) as followed:
        while True:
            before = states.newest_path()
            trainer = _trainer(order, workers, needs, scratch, followed.mailbox)
            ended = followed.until_ended(partial(_fit, trainer))
            if isinstance(ended, Ended):
                break
            if states.newest_path() == before:
                raise WorkerLost(
                    f"training workers were lost {_MAX_ATTEMPTS} times before a state was saved: {ended}; "
                    "a smaller execution.save_every helps if they live for some steps"
                )
    if ended.error is not None:
        raise ended.error
    assert ended.record is not None
    return ended.record


def workers_device_kind(execution: ExecutionConfig, num_threads: int, workers: WorkerRange) -> str:
    """Return the kind of device that training workers have; on a cluster, one is asked."""
    if cluster_address() is None:
        return device_kind(choose_device(execution))
    needs = reserved(execution, num_threads, workers)
    import ray

    asked = ray.remote(num_cpus=needs["CPU"], num_gpus=needs.get("GPU", 0))(_own_device_kind)
    kind: str = ray.get(asked.remote(execution))
    return kind


def _own_device_kind(execution: ExecutionConfig) -> str:
    return device_kind(choose_device(execution))


def reserved(execution: ExecutionConfig, num_threads: int, workers: WorkerRange) -> dict[str, float]:
    """Start Ray or join it, and return what each worker reserves; a cluster is waited for until it has room.

    Raises
    ------
    InputError
        If the cluster will not have room for the smallest number of workers.
    """
    prepare_import()
    pool.stop()  # their cores are wanted
    pool.start_ray(num_threads * workers.most)
    import ray

    resources: Any = ray.cluster_resources  # untyped
    on_gpus = execution.device == "cuda" or (execution.device == "auto" and resources().get("GPU", 0) > 0)
    each = StageResources(cpus=num_threads, gpus=int(on_gpus))
    if cluster_address() is not None:
        _await_room(workers.least, each)
    return demand(each)


def _await_room(least: int, each: StageResources) -> None:
    """Let an autoscaler start the nodes that the first workers need, or refuse."""
    settings = Settings("training.num_threads, execution.device", "execution.training_workers")
    stand_ins = pool.started(WorkerRange(least, least), each)
    try:
        up = [worker.ready.remote(None) for worker in stand_ins]
        RollCall(least, each, is_ours=False, settings=settings).await_least(up)
    finally:
        pool.stop()


def _trainer(
    order: WorkOrder, workers: WorkerRange, needs: dict[str, float], scratch: str, mailbox: Any
) -> Any:
    """Return the trainer of Ray Train that runs the workers, untyped: Ray gives types of its version 1."""
    os.environ["RAY_CHDIR_TO_TRIAL_DIR"] = "0"  # a store may be at a relative path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray warns of deprecated settings of its own
        from ray.data import DataContext
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer

        DataContext.get_current()  # made here, and not where warnings are seen
        in_worker: Any = _in_worker
        run_config: Any = RunConfig
        count: Any = workers.most if workers.least == workers.most else (workers.least, workers.most)
        return TorchTrainer(
            in_worker,
            train_loop_config={"order": order, "code": order.code(), "mailbox": mailbox},
            torch_config=TorchConfig(timeout_s=_EXCHANGE_SECONDS),
            scaling_config=ScalingConfig(
                num_workers=count, use_gpu="GPU" in needs, resources_per_worker=needs
            ),
            run_config=run_config(
                name="training",
                storage_path=scratch,
                worker_runtime_env={"env_vars": {} if cluster_address() else _LOOPBACK},
                failure_config=FailureConfig(max_failures=_MAX_ATTEMPTS - 1),
            ),
        )


def _fit(trainer: Any) -> Ended | str:
    """Run workers to their end, anew whenever one is lost; or return what the last loss was."""
    import ray.train

    try:
        ended: Ended = trainer.fit().return_value
    except ray.train.TrainingFailedError as error:
        return next((line for line in reversed(str(error).splitlines()) if line.strip()), "no reason given")
    return ended


def _in_worker(given: dict[str, Any]) -> Ended:
    """Run in every worker, by Ray Train."""
    import ray

    order, mailbox = given["order"], given["mailbox"]
    exchange = GroupExchange(order.learning.training.shares)
    return work(order, given["code"], exchange, lambda message: bool(ray.get(mailbox.put.remote(message))))


class _Followed:
    """Follows a training that runs in workers: hands their figures to observers, and Ctrl-C to them."""

    def __init__(self, observers: Observers) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.mailbox: Any  # untyped: Ray's types know no methods of actors
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.mailbox = ray.remote(num_cpus=0)(Mailbox).options(scheduling_strategy=here).remote()
        self._observers, self._receivers = observers, list[Observer]()
        self._open, self._has_begun = ExitStack(), False

    def __enter__(self) -> "_Followed":
        return self

    def __exit__(self, *error: Any) -> None:
        import ray

        self._open.__exit__(*error)
        ray.kill(self.mailbox)

    def until_ended(self, fit: Callable[[], Ended | str]) -> Ended | str:
        """Return what `fit` returns; meanwhile, pass on what the workers send."""
        found: list[Ended | str | BaseException] = []

        def run() -> None:
            try:
                found.append(fit())
            except BaseException as error:
                found.append(error)

        thread = threading.Thread(target=run, name="ray-train", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_POLL_SECONDS)
                self._pass_on()
        except BaseException:  # Ctrl-C, SIGTERM, or an observer that cannot go on
            self.mailbox.stop.remote()
            thread.join(_GRACE_SECONDS)
            raise
        self._pass_on()
        (ended,) = found
        if isinstance(ended, BaseException):
            raise StageError(f"Ray Train failed: {ended}") from ended
        return ended

    def _pass_on(self) -> None:
        import ray

        for message in ray.get(self.mailbox.take.remote()):
            if isinstance(message, Begun):
                self._begin(message)
            else:
                self._course.observe(message)
                for observe in self._receivers:
                    observe(message)

    def _begin(self, begun: Begun) -> None:
        if self._has_begun:
            print_line(f"{'train':<12} a worker was lost: all begin anew after step {len(begun.losses)}")
        self._open.close()
        self._has_begun = True
        self._course = FollowedCourse(list(begun.losses), list(begun.validations))
        self._receivers = list(self._open.enter_context(self._observers(self._course)))
