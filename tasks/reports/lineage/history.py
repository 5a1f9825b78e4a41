"""The ledger as a page tells it: who made a thing, who found it made, and what was made from it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.tables.append_only import Row


@dataclass(frozen=True)
class PastRun:
    """One run: who, when, where, from which code.

    Attributes
    ----------
    number : int
        Of its entry in the ledger.
    when : str
        Beginning, in UTC, for people.
    code_dirty : bool or None
        Whether the code was a commit with changes that were not committed.
    """

    number: int
    run_id: str
    kind: str
    status: str
    error: str | None
    when: str
    seconds: float
    user: str | None
    host: str | None
    code_commit: str | None
    code_dirty: bool | None
    lock_digest: str | None
    seed: int | None
    verdict: str | None
    configuration: Mapping[str, Any]


class History:
    """The runs of a store.

    Parameters
    ----------
    rows
        The entries of its ledger, oldest first.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def runs_with(self, artifact: str) -> tuple[PastRun, ...]:
        """Return the runs that ended with an artifact: the first one made it, the others found it made."""
        return tuple(_past_run(row) for row in self.rows if artifact in row["outputs"])

    def made_from(self, artifact: str, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return what completed runs of some kinds made from an artifact, oldest first, each once."""
        wanted = frozenset(kinds)
        outputs = (
            output
            for row in self.rows
            if row["kind"] in wanted and row["status"] == "completed" and artifact in row["inputs"]
            for output in row["outputs"]
        )
        return tuple(dict.fromkeys(outputs))


def _past_run(row: Row) -> PastRun:
    names = ("number", "run_id", "kind", "status", "error", "seconds", "user", "host")
    facts = (*names, "code_commit", "code_dirty", "lock_digest", "seed", "verdict")
    return PastRun(
        **{name: row[name] for name in facts},
        when=row["started_at"][:19].replace("T", " "),
        configuration=json.loads(row["configuration"]),
    )
