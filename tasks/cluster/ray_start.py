"""Starting a Ray of this process's own, or joining the cluster that RAY_ADDRESS names."""

import atexit
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shls_core.errors import InputError, StageError
from tasks.cluster.shipping import packages_to_ship, runtime_environment
from tasks.runs.limits import RAY, refuse_low_limits
from tasks.runs.process_state import muted, sigterm_handler_kept
from tasks.runs.ray_folder import RayFolder
from tasks.runs.ray_settings import cluster_address, refuse_silent, worker_settings
from tasks.terminal import print_line

# Jobs and results are references of some kB. By default Ray would reserve a third of the machine's memory.
_OBJECT_STORE_BYTES = 128 * 2**20


def start_ray(cores: int) -> bool:
    """Join the cluster of RAY_ADDRESS, or start a Ray of some cores; return whether it is this process's own.

    Raises
    ------
    InputError
        If the cluster does not answer, or does not let this process in.
    StageError
        If Ray does not start on this machine.
    """
    import ray

    address = cluster_address()
    # On every start, Ray warns that it uses its default.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    with sigterm_handler_kept():  # Ray's own prints registers and aborts
        if address:
            _join(address)
        else:
            _start_own(cores)
    # Despite log_to_driver=False, Ray prints lost workers on the standard output of this process.
    ray._private.worker._worker_logs_enabled = False
    atexit.register(ray.shutdown)
    return not address


def _start_own(count: int) -> None:
    """Start a Ray that only this user on this machine can reach."""
    import ray

    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False  # even where Ray was imported before
    refuse_low_limits(RAY)
    folder = RayFolder()
    atexit.register(folder.remove)  # at exit, what was registered last runs first
    try:
        _initialise(
            address="local",
            num_cpus=count,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _temp_dir=str(folder.path),
        )
    except Exception as error:  # of any kind: Ray has no class of its own for this
        ray.shutdown()
        folder.remove()
        raise StageError(
            f"expected Ray to start on this machine: {_first_line(error)}; --backend serial works without "
            "it, `shls doctor --thorough` shows what is wrong"
        ) from error


def _join(address: str) -> None:
    refuse_silent(address)
    try:
        with muted(), packages_to_ship() as packages:
            _initialise(packages, address=address)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"expected the Ray cluster of RAY_ADDRESS to let this process in: {_first_line(error)}; "
            "RAY_AUTH_MODE=token if it asks for one"
        ) from error
    if os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        print_line(
            f"warning: the Ray cluster at {address} asks for no token: whoever can reach it can run code on "
            "it (RAY_AUTH_MODE=token when it is started)"
        )


def _initialise(packages: Sequence[Path] = (), **options: Any) -> None:
    import ray

    environment = runtime_environment(worker_settings(), packages)
    ray.init(**options, configure_logging=False, log_to_driver=False, runtime_env=environment)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
