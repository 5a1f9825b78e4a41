"""How many workers some work may have: a number, or from a smallest to a largest one."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from shls_core.errors import ConfigError

_MOST = 10_000
_RANGE = re.compile(r"([1-9][0-9]{0,4})\.\.([1-9][0-9]{0,4})")


class WorkerRange(NamedTuple):
    """The smallest and the largest number of workers."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.most) if self.least == self.most else f"{self.least}..{self.most}"


def worker_range(given: int | str) -> WorkerRange:
    """Return the range that a number, or ``LEAST..MOST``, means.

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> worker_range("2..8")
    WorkerRange(least=2, most=8)
    """
    text = f"{given}..{given}" if isinstance(given, int) else given
    match = _RANGE.fullmatch(text)
    if match and int(match[1]) <= int(match[2]) <= _MOST:
        return WorkerRange(int(match[1]), int(match[2]))
    raise ConfigError(f"expected a number of workers, 1..{_MOST}, or LEAST..MOST as in 2..8, got {given!r}")


def _checked(given: int | str) -> int | str:
    worker_range(given)
    return given


WorkerCount = Annotated[int | str, AfterValidator(_checked)]
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
