"""Stages that count what they leave out in their own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from shls_core.files.skipped_counts import SkippedFiles, counted_by_kind
from tasks.stages.sources import Sources

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows


@dataclass(frozen=True)
class CountedSources(Sources):
    """The rows that a stage is to have, and counts of what is left out."""

    counted: tuple[SkippedFiles, ...] = ()


def counts_of(found: Sources) -> tuple[SkippedFiles, ...]:
    """Return how much of each kind is left out."""
    return (
        found.counted if isinstance(found, CountedSources) else counted_by_kind(found.skipped, found.totals)
    )


@runtime_checkable
class CountingStage(Protocol):
    """A stage that reads others and leaves out some of what it could make."""

    def planned(self, inputs: Mapping[str, AcceptedRows]) -> CountedSources:
        """Plan the rows, and count what is left out."""
        ...
