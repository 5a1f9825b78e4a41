"""Prefect's server: checked before a flow runs, or started here if none is configured."""

import atexit
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from flows.environment.home import prefect_home_is_temporary
from shls_core.errors import InputError
from storage.files.proxies import refuse_unusable_proxy
from tasks.runs.limits import RUN, refuse_low_limits
from tasks.terminal import Terminal, print_line

_BACKLOG = 128
_STOP_SECONDS = 5.0


def reach_server() -> None:
    """Make sure that a server answers, to which a run can report.

    Raises
    ------
    InputError
        If a server is configured and does not answer or refuses the credentials, or none is and one cannot be
        started.
    """
    refuse_low_limits(RUN)
    if prefect_home_is_temporary():
        print_line(
            "warning: the home folder cannot be written to: Prefect forgets this run when it has ended, the "
            "ledger of the store does not (PREFECT_HOME=FOLDER keeps what Prefect records)"
        )
    if sys.stderr.isatty() and "PREFECT_API_URL" not in os.environ:
        Terminal(stderr=True, highlight=False).print("starting Prefect …", style="dim")
    from prefect.settings import get_current_settings  # takes seconds, hence the line above

    settings = get_current_settings()
    if settings.api.url:
        if not settings.api.url.startswith(("http://", "https://")):  # it may be anything, a password, too
            raise InputError("expected PREFECT_API_URL to be http://HOST:PORT/api, got another text")
        refuse_unusable_proxy(settings.api.url, "Prefect's server")
    if settings.api.url is None and settings.server.ephemeral.enabled:
        _start_server(settings.server.ephemeral.startup_timeout_seconds)
    elif error := _what_is_wrong():
        where = settings.api.url
        raise InputError(f"expected Prefect's server at {where} (PREFECT_API_URL): {error}") from error
    else:
        _require_admitted()


def require_server() -> None:
    """Make sure that a server of the user's own answers: one of a command's own would forget all it is given.

    Raises
    ------
    InputError
        If none is configured, or it does not answer.
    """
    from prefect.settings import get_current_settings

    if not get_current_settings().api.url:
        raise InputError(
            "expected PREFECT_API_URL to name a Prefect server, it is not set; `prefect server start` starts "
            "one at http://127.0.0.1:4200/api"
        )
    reach_server()


def _start_server(timeout_seconds: float) -> None:
    """Start a server that lives no longer than this process, and set its address for Prefect.

    Prefect would start one by itself. But that server gets the signals sent to this process group, so it is
    gone when the run has to report how it ended; and it outlives a process that is killed.
    """
    from prefect.context import refresh_global_settings_context
    from prefect.settings import get_current_settings

    said = None if os.environ.get("SHLS_DEBUG") else tempfile.TemporaryFile()  # noqa: SIM115
    _make_home(get_current_settings().home)
    # The socket listens from here on: a request made while the server starts waits for the answer.
    with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listening:
        port = listening.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "flows.cli.temporary_server", str(listening.fileno())],
            env={**os.environ, **get_current_settings().to_environment_variables(exclude_unset=True)},
            stdin=subprocess.PIPE,  # closed when this process ends, however it ends
            stdout=said,
            stderr=said,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    atexit.register(_stop, server)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    refresh_global_settings_context()

    deadline = time.monotonic() + timeout_seconds
    while error := _what_is_wrong():
        if server.poll() is not None:
            raise InputError(
                f"expected Prefect's server to start, it ended with exit code {server.returncode}"
                f"{_last_error(said)}; `shls --debug` shows its log, `shls doctor` what it needs"
            )
        if time.monotonic() > deadline:
            raise InputError(f"expected Prefect's server to start in {timeout_seconds} s: {error}")
        time.sleep(0.1)


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"expected a folder for Prefect's records at {home} (PREFECT_HOME): {error.strerror or error}"
        ) from error


def _last_error(said: IO[bytes] | None) -> str:
    """Return the last error in what the server printed, to go behind a message; empty where there is none."""
    if said is None:
        return ""
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    errors = [line.strip() for line in lines if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit)\b", line)]
    return f": {errors[-1]}" if errors else ""


def _what_is_wrong() -> Exception | None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.api_healthcheck()


def _require_admitted() -> None:
    """Refuse wrong credentials now: a server says that it is healthy to whoever asks."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        with get_client(sync_client=True) as client:
            client.read_work_pools(limit=1)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != 401:
            raise
        raise InputError(
            "expected PREFECT_API_AUTH_STRING to be USER:PASSWORD as Prefect's server has them "
            "(PREFECT_SERVER_API_AUTH_STRING), it refuses them"
        ) from error


def _stop(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin is not None
    server.stdin.close()
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
