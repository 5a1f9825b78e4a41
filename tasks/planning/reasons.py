"""Why something is not fresh: one difference, with its name and count, as text and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from storage.canonical import short

_EXAMPLES = 3

ReasonKind = Literal["parameter", "module", "code", "package", "schema", "input", "row", "shard", "baseline"]


class Reason(BaseModel):
    """One difference between what exists and what is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ReasonKind
    """What differs. ``input``: what the stage reads. ``row``: rows of a shard. ``shard``: how rows are
    grouped. ``baseline``: there is nothing to compare with."""
    name: str
    """The dotted path of a parameter, a module, a package; for rows: which rows, and what differs."""
    before: Any = None
    after: Any = None
    count: int | None = None
    """Number of rows or photographs concerned."""
    examples: tuple[str, ...] = ()
    """File names of the first few photographs concerned."""

    def __str__(self) -> str:
        match self.kind:
            case "parameter" | "package" | "schema":
                return f"{self.kind} {self.name} from {_spelt(self.before)} to {_spelt(self.after)}"
            case "module":
                verb = {(True, False): "no longer used", (False, True): "newly used"}.get(
                    (self.before is not None, self.after is not None), "changed"
                )
                return f"code of module {self.name} {verb}"
            case "code":
                return f"code changed, from {short(self.before)}… to {short(self.after)}…"
            case "baseline":
                return self.name
        named = f" ({', '.join(self.examples)}{', …' if self._more_than_named() else ''})"
        what = re.sub(r"\b(photograph|row)s\b", r"\1", self.name, count=1) if self.count == 1 else self.name
        return f"{self.count} {what}{named if self.examples else ''}"

    def _more_than_named(self) -> bool:
        return self.count is not None and self.count > len(self.examples)


def counted(kind: ReasonKind, name: str, whose: Iterable[str]) -> list[Reason]:
    """Return one reason for all rows concerned, given by file name; no reason if there are no rows."""
    file_names = list(whose)
    if not file_names:
        return []
    examples = tuple(dict.fromkeys(sorted(file_names)))[:_EXAMPLES]
    return [Reason(kind=kind, name=name, count=len(file_names), examples=examples)]


def _spelt(value: Any) -> str:
    return "nothing" if value is None else str(value)
