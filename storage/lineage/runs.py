"""The ledger, asked by artifact: which run made it, and which found it made."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from storage.lineage.graph import BENCHMARK, CHECKPOINT, DATASET, EVALUATION, SUBMISSION
from storage.tables.append_only import Row

_MAKE: Mapping[str, str] = {
    "dataset": DATASET,
    "train": CHECKPOINT,
    "import": CHECKPOINT,
    "evaluate": EVALUATION,
    "benchmark": BENCHMARK,
    "submission": SUBMISSION,
}
"""What a run of a kind makes, or finds made; others name in their outputs what they are about."""
_FACTS = (
    *("number", "entry", "run_id", "kind", "status", "error", "started_at", "seconds", "user", "host"),
    *("code_commit", "code_dirty", "lock_digest", "seed", "inputs", "outputs", "verdict"),
)


class Runs:
    """The runs of a store, oldest first.

    Parameters
    ----------
    rows
        The entries of its ledger.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._with_output: dict[str, list[Row]] = {}
        self._staged: dict[str, list[tuple[Row, str]]] = {}
        for row in rows:
            for output in row["outputs"] if row["kind"] in _MAKE else ():
                self._with_output.setdefault(output, []).append(row)
            for stage in json.loads(row["details"]).get("stages", ()) if row["kind"] == "dataset" else ():
                self._staged.setdefault(stage["artifact"], []).append((row, stage["status"]))

    def with_output(self, digest: str) -> list[Row]:
        """Return the runs that end with an artifact: the first one made it, the others found it made.

        A run that failed made what it names nevertheless: a dataset that the gate refused is there.
        """
        return self._with_output.get(digest, [])

    def that_staged(self, artifact: str) -> list[tuple[Row, str]]:
        """Return the runs that came to a stage artifact, each with how (``computed``, ``cached``, …)."""
        return self._staged.get(artifact, [])

    def staged_first(self, artifacts: Sequence[str]) -> str:
        """Return which of some stage artifacts a run came to first; without runs, the first of them."""
        never = len(self._rows) + 1
        return min(
            artifacts, key=lambda one: self._staged[one][0][0]["number"] if one in self._staged else never
        )

    def mentioned(self) -> set[str]:
        """Return the id of everything that a run read or ended with."""
        return {digest for row in self._rows for digest in (*row["inputs"], *row["outputs"])}

    def stages_of(self, dataset: str) -> dict[str, str]:
        """Return the stage artifacts of a dataset, by stage, as the run that made it told them."""
        runs = self._with_output.get(dataset, [])
        told = json.loads(runs[0]["details"]).get("stages", ()) if runs else ()
        return {stage["name"]: stage["artifact"] for stage in told}

    def remembered(self, beginning: str) -> dict[str, str]:
        """Return the kind of every output whose id begins like this, in the store or not."""
        return {
            digest: _MAKE[runs[0]["kind"]]
            for digest, runs in self._with_output.items()
            if digest.startswith(beginning)
        }

    def collected(self) -> dict[str, str]:
        """Return when (UTC) each dataset that a collection removed went, by id."""
        return {
            dataset: row["started_at"]
            for row in self._rows
            if row["kind"] == "gc"
            for dataset in json.loads(row["details"]).get("datasets", ())
        }


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
