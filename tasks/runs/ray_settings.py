"""What Ray is given: settings that it reads when it is imported, the cluster to join, what workers inherit.

Nothing here imports Ray.
"""

import os
import re
import secrets
import socket
import sys

from shls_core.errors import InputError
from storage.files.location import PUBLIC_SETTINGS, holds_password

_CONNECT_SECONDS = 5.0
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

_given: dict[str, str] = {}
"""What Ray was given by this process before its import."""


def cluster_address() -> str | None:
    """Return the address of the cluster to join; None: a Ray of our own is started."""
    address = os.environ.get("RAY_ADDRESS", "").strip()
    return None if address in ("", "local") else address


def prepare_import() -> None:
    """Set what Ray reads when it is imported.

    A Ray of our own answers only to a token that it does not share, and listens on loopback alone: without
    clusters (as on macOS and Windows by default) Ray takes 127.0.0.1 for the address of this machine.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    if cluster_address():
        return
    if "ray" not in sys.modules:
        _given["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        if os.environ.get("RAY_AUTH_MODE", "token") == "token":
            token = os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32)
            _given.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)
    # Ray keeps what it read at its import, and the servers that it starts read the environment: if somebody
    # has put that back meanwhile, they would not let each other in.
    os.environ.update(_given)


def worker_settings() -> dict[str, str]:
    """Return the environment variables that workers get: one thread, and the place of object storage.

    Workers on this machine inherit the whole environment. Workers of a cluster get only what is not secret:
    Ray shows these variables to everybody who can see the cluster, and the cluster has its own credentials.
    An address with a password in it is not given: no store is opened at one.
    """
    public = {name: os.environ[name] for name in PUBLIC_SETTINGS if name in os.environ}
    return _ONE_THREAD | {name: value for name, value in public.items() if not holds_password(value)}


def refuse_silent(address: str) -> None:
    """Raise if nothing listens at the address of a cluster: Ray itself would try for many minutes.

    Nor is a process that stays outside the cluster (Ray Client) let in: half a minute without a network would
    end a run of a night.
    """
    if address.startswith("ray://"):
        raise InputError(
            "expected RAY_ADDRESS without ray://: a Ray Client connection ends with its first trouble; run "
            "on a node of the cluster with RAY_ADDRESS=auto, or as a Ray Job: shls submit -- COMMAND"
        )
    if address == "auto":  # a word of Ray: the cluster that runs on this machine
        return
    host, colon, port = address.rpartition(":")
    if not colon or not re.fullmatch(r"[\w.:\[\]-]+", host) or not re.fullmatch(r"[0-9]+", port):
        got = "one with a user" if "@" in address else repr(address)
        raise InputError(f"expected auto or HOST:PORT of a Ray cluster in RAY_ADDRESS, got {got}")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:  # a port above 65535
        raise InputError(f"expected a Ray cluster at {address} (RAY_ADDRESS): {error}") from error
