"""What a run adds to its entry in the ledger while it is at work, from wherever it is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class RunDraft:
    """What a flow fills in while it runs."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    verdict: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Make it, inside the block, what `note` adds to."""
        before = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(before)


_CURRENT: ContextVar[RunDraft | None] = ContextVar("current run", default=None)


def note(**details: Any) -> None:
    """Add details to the entry of the run at work, also if it fails afterwards; outside a run, do nothing."""
    if (draft := _CURRENT.get()) is not None:
        draft.details = {**draft.details, **details}


def noted(name: str) -> Any:
    """Return a detail of the run at work as it is so far; None if there is none, or no run."""
    draft = _CURRENT.get()
    return None if draft is None else draft.details.get(name)
