"""Prefect's server: reached, or started here where none is configured, before a flow runs."""

import os
import signal
import sys

from rich.console import Console

from shls_core.errors import InputError


def reach_server() -> None:
    """Make sure that there is a server to tell about a run.

    One that is started here does not hear Ctrl-C, which a terminal sends to every process it started: it is
    still there when the run tells it that it was interrupted, and ends with this process.

    Raises
    ------
    InputError
        If a server is configured and does not answer.
    """
    if sys.stderr.isatty() and "PREFECT_API_URL" not in os.environ:
        Console(stderr=True, highlight=False).print("starting Prefect …", style="dim")
    from prefect.client.orchestration import get_client  # takes seconds: the person was told before

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with get_client(sync_client=True) as client:
            error, url = client.api_healthcheck(), client.api_url
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if error is not None:
        raise InputError(f"expected Prefect's server at {url} (PREFECT_API_URL): {error}")
