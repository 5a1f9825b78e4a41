"""Cross-check of the names table against the ledger.

Each name records the ledger head of that moment; each run that gives a name records the name. So a row that
is removed from one table, or added to it, is missing or unknown in the other. Rows that nobody outside has a
copy of can only be removed from the end of both tables together: see docs/audit.md.
"""

import json
from collections.abc import Iterator, Sequence

from storage.audit.history import AuditedHistory
from storage.canonical import short
from storage.kinds import RunKind
from storage.tables.append_only import Row
from storage.tables.names import PUBLISHED, REMOVED, ROLLED_BACK, TAGGED
from storage.verification.namings import changed_namings
from storage.verification.problems import HEAD, WITNESS, Problem
from storage.verification.tables import broken_entries

_RUNS = "ledger/runs"
_NAMES = "ledger/names"
_NAMING_RUNS = {PUBLISHED: RunKind.DATASET, TAGGED: RunKind.TAG, ROLLED_BACK: RunKind.ROLL_BACK}
"""The kind of run that gives a name, by the kind of row in the names table."""


def history_problems(history: AuditedHistory, expected_head: str | None = None) -> list[Problem]:
    """Return the problems of the history of a store.

    Parameters
    ----------
    history
        As it was read.
    expected_head
        The beginning of the digest of an entry that is known, from outside, to have been in the ledger.
    """
    if not history.is_readable:
        return list(history.problems)
    return [
        *history.problems,
        *broken_entries(history.runs),
        *_unknown_head(history, expected_head),
        *_gaps(history.namings),
        *_unwitnessed_namings(history),
        *_lost_namings(history),
        *changed_namings(history.runs, history.namings_after),
    ]


def _unknown_head(history: AuditedHistory, expected: str | None) -> Iterator[Problem]:
    if expected and not any(entry.startswith(expected) for entry in history.place_of):
        yield Problem(
            HEAD,
            _RUNS,
            "the chain of entries",
            f"expected an entry {short(expected)}…, found {len(history.runs)} others",
        )


def _gaps(namings: Sequence[Row]) -> Iterator[Problem]:
    """Yield where the rows of the names table, or the versions of a name, are not numbered 1, 2, 3, …"""
    versions: dict[str, int] = {}
    for place, row in enumerate(namings, 1):
        if row["number"] != place:
            yield _about(row, f"expected row {place}, got {row['number']}")
        if row["kind"] != REMOVED:
            versions[row["name"]] = expected = versions.get(row["name"], 0) + 1
            if row["version"] != expected:
                yield _about(row, f"expected version {expected} of this name")


def _unwitnessed_namings(history: AuditedHistory) -> Iterator[Problem]:
    """Yield the names that no run gave, or whose ledger head is not in the ledger."""
    since_heads_are_kept = False
    for row in history.namings:
        if row["kind"] == REMOVED:
            if not _was_removed(row, history.runs):
                yield _about(row, "it is said to be removed, by no run in the ledger")
            continue
        head = row["ledger_head"]
        since_heads_are_kept |= head is not None
        if head is None and since_heads_are_kept:
            yield _about(row, "it says no head of the ledger, as all namings before it do")
        elif head is not None and head not in history.place_of:
            yield _about(
                row, f"the ledger had the entry {short(head)}… when it was given, and has it no more"
            )
        elif not _was_given(row, history):
            yield _about(row, f"it means {short(row['digest'])}…, and no run in the ledger since gave it")


def _was_given(row: Row, history: AuditedHistory) -> bool:
    """Return whether a run after the ledger head of a name made its dataset and recorded the name.

    A run that failed may have given the name without recording it.
    """
    head = row["ledger_head"]
    runs = history.runs[history.place_of[head] :] if head else history.runs
    kind = _NAMING_RUNS.get(row["kind"])
    makers = (run for run in runs if run["kind"] == kind and row["digest"] in run["outputs"])
    # Before heads were recorded, runs recorded no names, and tags and rollbacks were not runs.
    if head is None:
        return kind != RunKind.DATASET or any(True for _ in makers)
    name = f"{row['name']}@v{row['version']}"
    return any(_recorded_name(run) == name or run["status"] == "failed" for run in makers)


def _was_removed(row: Row, runs: Sequence[Row]) -> bool:
    return any(
        run["kind"] in (RunKind.COLLECT, RunKind.PURGE) and row["digest"] in run["details"] for run in runs
    )


def _lost_namings(history: AuditedHistory) -> Iterator[Problem]:
    """Yield the names that runs recorded and that the names table lacks, or has for another digest."""
    meant = {f"{row['name']}@v{row['version']}": row["digest"] for row in history.namings_after}
    for run in history.runs:
        name = _recorded_name(run)
        if name is not None and meant.get(name) not in run["outputs"]:
            found = f"it means {short(meant[name])}… there" if name in meant else "it is not there"
            yield Problem(WITNESS, _NAMES, name, f"run {run['run_id']} gave this name, {found}")


def _recorded_name(run: Row) -> str | None:
    """Return the name that a run gave, as it recorded it."""
    if run["kind"] not in _NAMING_RUNS.values():
        return None
    name = json.loads(run["details"]).get("name")
    return str(name) if name else None


def _about(row: Row, what: str) -> Problem:
    return Problem(WITNESS, _NAMES, f"{row['name']}@v{row['version']}", what)
