"""Entries of the ledger, as a page shows them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storage.tables.append_only import Row
from tasks.runs.usage import Usage, recorded_usage


@dataclass(frozen=True)
class PastRun:
    """One run: who, when, where, from which code.

    Attributes
    ----------
    number : int
        Of its entry in the ledger.
    when : str
        Start, in UTC, as text.
    code_dirty : bool or None
        Whether the code was a commit with changes that were not committed.
    usage : Usage or None
        What it took; None in entries from before it was measured.
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
    usage: Usage | None = None


def past_runs(runs: Iterable[Row]) -> tuple[PastRun, ...]:
    """Return entries of the ledger as a page shows them."""
    return tuple(map(_past_run, runs))


def _past_run(row: Row) -> PastRun:
    names = ("number", "run_id", "kind", "status", "error", "seconds", "user", "host")
    facts = (*names, "code_commit", "code_dirty", "lock_digest", "seed", "verdict")
    return PastRun(
        **{name: row[name] for name in facts},
        when=row["started_at"][:19].replace("T", " "),
        configuration=json.loads(row["configuration"]),
        usage=recorded_usage(json.loads(row["details"])),
    )
