"""What a lineage says of runs, as facts of its nodes."""

import json
from collections.abc import Sequence
from typing import Any

from storage.tables.append_only import Row

_FACTS = (
    *("number", "entry", "run_id", "kind", "status", "error", "started_at", "seconds", "user", "host"),
    *("code_commit", "code_dirty", "lock_digest", "seed", "inputs", "outputs", "verdict"),
)


def makers(runs: Sequence[Row]) -> dict[str, Any]:
    """Return which run made a thing and which found it made, of those that end with it, oldest first."""
    who = ("run_id", "kind", "status", "started_at", "user", "host")
    return {
        "made_by": runs[0]["run_id"] if runs else None,
        "found_made_by": [{name: run[name] for name in who} for run in runs[1:]],
    }


def run_facts(row: Row) -> dict[str, Any]:
    """Return what the ledger says of a run: who, when, where, from which code, with which configuration."""
    return {**{name: row[name] for name in _FACTS}, "configuration": json.loads(row["configuration"])}
