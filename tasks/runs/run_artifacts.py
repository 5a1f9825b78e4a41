"""Artifacts of the Prefect run: they are only for people, so no work fails or waits because of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
from prefect.context import TaskRunContext
from prefect.exceptions import PrefectException

from tasks.terminal import print_line

Taken = TypeVar("Taken")

_REST = 10.0
"""A server that did not answer is not called again for this many times the time waited for it."""


@dataclass
class _Server:
    next_try: float = 0.0


_server = _Server()


def shown(key: str, show: Callable[[], Taken]) -> Taken | None:
    """Show an artifact, if this is a task run, and return the server's answer; None without a server.

    A server that does not answer fails no work; a line is printed. The results are in the store either way.
    Prefect's client takes more than a minute to give up, so the server is not called again for a while.
    """
    if TaskRunContext.get() is None:  # called as a plain function
        return None
    started = time.monotonic()
    if started < _server.next_try:
        return None
    try:
        return show()
    except (httpx.HTTPError, PrefectException) as error:
        waited = time.monotonic() - started
        _server.next_try = started + (1 + _REST) * waited
        print_line(f"{'prefect':<12} the server did not take the artifact {key} in {waited:.0f} s: {error!r}")
        return None
