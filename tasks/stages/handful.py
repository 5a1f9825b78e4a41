"""A few rows of a stage: enough to look at, or to time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.stages.stage import Row, RowPlan, Stage

if TYPE_CHECKING:
    from storage.rows.schemas.stage_schema import StageSchema
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader

Item = TypeVar("Item")


@dataclass(frozen=True)
class Handful:
    """A stage that is made for a few sources only, with a few rows of each: by default, one."""

    stage: Stage
    count: int
    rows_of_each: int = 1

    @property
    def name(self) -> str:
        """The name of the stage."""
        return self.stage.name

    @property
    def schema(self) -> StageSchema:
        """The columns of the stage."""
        return self.stage.schema

    @property
    def reads(self) -> tuple[str, ...]:
        """What the stage reads."""
        return self.stage.reads

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of the stage."""
        return self.stage.packages

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of the stage, and the number of rows."""
        return self.stage.parameters | {"handful": self.count}

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Plan the first rows of each source, for a few sources."""
        of_source: dict[str, list[RowPlan]] = {}
        for plan in self.stage.plan(inputs):
            of_source.setdefault(plan.source_ids[0], []).append(plan)
        chosen = evenly_spread([of_source[source_id] for source_id in sorted(of_source)], self.count)
        return [plan for plans in chosen for plan in plans[: self.rows_of_each]]

    def notes(self, plan: RowPlan) -> Row:
        """Return the notes of the stage."""
        return self.stage.notes(plan)

    def foresee(self, plan: RowPlan) -> Row:
        """Return what the stage foresees."""
        return self.stage.foresee(plan)

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Make a row as the stage makes it."""
        return self.stage.make_row(plan, reader)


def evenly_spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most `count` items, at even distances, the first among them.

    Examples
    --------
    >>> evenly_spread("abcdefgh", 3)
    ['a', 'c', 'f']
    """
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]
