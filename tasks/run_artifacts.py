"""Artifacts of the Prefect run: for people to look at, so no work fails because nobody takes them."""

from collections.abc import Callable
from typing import TypeVar

import httpx
from prefect.context import TaskRunContext
from prefect.exceptions import PrefectException

from tasks.terminal import tell

Taken = TypeVar("Taken")


def shown(key: str, show: Callable[[], Taken]) -> Taken | None:
    """Show an artifact, if this is a task run, and return what the server says to it; None without a server.

    A server that does not answer ends no work, and is told of: what was made is in the store either way.
    """
    if TaskRunContext.get() is None:  # called as a plain function
        return None
    try:
        return show()
    except (httpx.HTTPError, PrefectException) as error:
        tell(f"{'prefect':<12} the server did not take the artifact {key}: {error!r}")
        return None
