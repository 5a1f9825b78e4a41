"""What a staging stage is: a plan of rows, and a pure function that makes one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from storage.rows.schemas.stage_schema import StageSchema
    from storage.rows.stage_artifact import AcceptedRows, RowAddress
    from tasks.stages.input_reader import InputReader


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row to make.

    The row's key covers everything here except `location`: its ids, the content of the rows it reads, and
    what the plan decided for it.
    """

    sample_id: str
    source_ids: tuple[str, ...]
    """The sources (photographs) that the row descends from."""
    inputs: tuple[RowAddress, ...] = ()
    """The rows it reads."""
    decided: Mapping[str, Any] = field(default_factory=dict)
    """What the plan decided; JSON values."""
    location: str | None = None
    """Where to read a file that is not in the store yet."""


class Stage(Protocol):
    """A staging stage under one configuration: small, frozen, sent to workers unchanged."""

    @property
    def name(self) -> str:
        """Its name: that of its shards, its artifact and its parent rows in later stages."""
        ...

    @property
    def schema(self) -> StageSchema:
        """The columns of its rows."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """The stages whose rows it reads; none for a stage of sources."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """Third-party packages whose version changes the bytes of a row."""
        ...

    @property
    def parameters(self) -> dict[str, Any]:
        """The configuration that decides a row, as JSON."""
        ...

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Return the rows to make, planned from the stages before; only small columns are read."""
        ...

    def notes(self, plan: RowPlan) -> Row:
        """Return the columns that a rejected row has, too."""
        ...

    def foresee(self, plan: RowPlan) -> Row:
        """Return those columns of a row not yet made that the plans of later stages read.

        Raises
        ------
        SampleError
            If it is known, without making the row, that it will be rejected.
        """
        ...

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Return the content and statistics of one row.

        Raises
        ------
        SampleError
            If the sample cannot be used: it becomes a rejected row.
        """
        ...
