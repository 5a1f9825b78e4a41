"""What a stage of sources finds where they lie: rows to make, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from shls_core.files.skipped import Skipped, SkippedKind
    from tasks.stages.stage import RowPlan


@dataclass(frozen=True)
class Sources:
    """The rows that a stage of sources is to have, and what is there without becoming one."""

    rows: Sequence[RowPlan]
    skipped: Sequence[Skipped] = ()
    totals: Mapping[SkippedKind, int] = field(default_factory=dict)
    """Of how many of a kind something is left out, where it is known."""


@runtime_checkable
class SourceStage(Protocol):
    """A stage that finds its sources outside the store."""

    def sources(self) -> Sources:
        """List the sources; each is read once."""
        ...
