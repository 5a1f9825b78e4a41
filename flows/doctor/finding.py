"""A finding of `shls doctor`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]
"""``problem``: some work stops; ``warning``: it goes on, with less than it could have."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    """What was looked at, in a word or two."""
    state: State
    what: str
    """What was found."""
    remedy: str = ""
    """What helps, a command where there is one; empty where nothing has to be done."""


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    store: str
    """Path or address of the store, which need not exist."""
    thorough: bool
    """Whether Ray and Prefect's server are started, too."""


Check = Callable[[Request], Iterator[Finding]]


def ok(check: str, what: str) -> Finding:
    """Return a finding with which all is well."""
    return Finding(check, "ok", what)
