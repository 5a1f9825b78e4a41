"""How many workers some work may have: up to a number, or from a smallest to a largest one."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator

from shls_core.errors import ConfigError

MOST_WORKERS = 10_000


class WorkerRange(NamedTuple):
    """How many workers there may be."""

    least: int
    """So many have to be there before the work begins."""
    most: int


def worker_range(workers: int | str) -> WorkerRange:
    """Return the range that ``N`` or ``MIN..MAX`` means; of ``N``, work begins with the first.

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> worker_range(4), worker_range("2..8")
    (WorkerRange(least=1, most=4), WorkerRange(least=2, most=8))
    """
    found = re.fullmatch(r"(?:([0-9]{1,9})\.\.)?([0-9]{1,9})", str(workers).strip())
    if found:
        least, most = int(found[1] or 1), int(found[2])
        if 1 <= least <= most <= MOST_WORKERS:
            return WorkerRange(least, most)
    raise ConfigError(f"expected N or MIN..MAX, of 1 to {MOST_WORKERS} workers, got {workers!r}")


def _checked(given: Any) -> int | str:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ConfigError(f"expected N or MIN..MAX, got {given!r}")
    least, most = worker_range(given)
    return f"{least}..{most}" if ".." in str(given) else most


WorkerCount = Annotated[int | str, BeforeValidator(_checked)]
"""The type of a field of a configuration that holds such a range."""


def refuse_idle(workers: int | str, shares: int) -> WorkerRange:
    """Return a range of training workers, checked to be no more than the shares of a batch.

    Raises
    ------
    ConfigError
        If there are more.
    """
    found = worker_range(workers)
    if found.most > shares:
        raise ConfigError(
            f"expected execution.training_workers of at most training.shares, {shares}, got {workers}: every "
            "worker computes at least one share of a batch"
        )
    return found
