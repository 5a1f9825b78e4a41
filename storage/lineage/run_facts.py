"""Facts about runs for the nodes of a lineage."""

import json
from collections.abc import Sequence
from typing import Any

from storage.tables.append_only import Row

_FACTS = (
    *("number", "entry", "run_id", "kind", "status", "error", "started_at", "seconds", "user", "host"),
    *("code_commit", "code_dirty", "lock_digest", "seed", "inputs", "outputs", "verdict"),
)


def makers(runs: Sequence[Row]) -> dict[str, Any]:
    """Return which of the runs, oldest first, made a thing, and which found it already made."""
    who = ("run_id", "kind", "status", "started_at", "user", "host")
    return {
        "made_by": runs[0]["run_id"] if runs else None,
        "found_made_by": [{name: run[name] for name in who} for run in runs[1:]],
    }


def run_facts(row: Row) -> dict[str, Any]:
    """Return the ledger's facts of a run: who, when, where, from which code, with which configuration."""
    return {**{name: row[name] for name in _FACTS}, "configuration": json.loads(row["configuration"])}
