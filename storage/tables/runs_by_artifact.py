"""The ledger, by artifact: which run made it, which runs found it already made, what was made from it."""

import json
from collections.abc import Sequence
from functools import cached_property

from storage.kinds import MAKES, RecordKind, RunKind, made_by
from storage.tables.append_only import Row


class RunsByArtifact:
    """The runs of a store, oldest first.

    Parameters
    ----------
    rows
        The entries of its ledger.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._with_output: dict[str, list[Row]] = {}
        for row in rows:
            for output in row["outputs"]:
                self._with_output.setdefault(output, []).append(row)

    def with_output(self, artifact: str) -> list[Row]:
        """Return the runs with an artifact among their outputs, including those that only gave it a name."""
        return self._with_output.get(artifact, [])

    def that_made(self, artifact: str, record: RecordKind | None = None) -> list[Row]:
        """Return the runs that made an artifact: the first one made it, the others found it already made.

        Failed runs count, too: a dataset that the gate refused exists.

        Parameters
        ----------
        artifact
            Its id.
        record
            The kind of record it is; by default, runs that make any kind of record count.
        """
        kinds = MAKES if record is None else made_by(record)
        return [row for row in self.with_output(artifact) if row["kind"] in kinds]

    def made_from(self, artifact: str, record: RecordKind) -> tuple[str, ...]:
        """Return the records of a kind that completed runs made from an artifact, oldest first, each once."""
        kinds = made_by(record)
        outputs = (
            output
            for row in self._rows
            if row["kind"] in kinds and row["status"] == "completed" and artifact in row["inputs"]
            for output in row["outputs"]
        )
        return tuple(dict.fromkeys(outputs))

    def that_staged(self, artifact: str) -> list[tuple[Row, str]]:
        """Return the runs with a stage artifact as a result, each with how (``computed``, ``cached``, …)."""
        return self._staged.get(artifact, [])

    def staged_first(self, artifacts: Sequence[str]) -> str:
        """Return the stage artifact that a run had as a result first; without runs, the first of them."""
        never = len(self._rows) + 1
        return min(
            artifacts, key=lambda one: self._staged[one][0][0]["number"] if one in self._staged else never
        )

    def stages_of(self, dataset: str) -> dict[str, str]:
        """Return the stage artifacts of a dataset, by stage, as the run that made it recorded them."""
        runs = self.that_made(dataset)
        staged = json.loads(runs[0]["details"]).get("stages", ()) if runs else ()
        return {stage["name"]: stage["artifact"] for stage in staged}

    def mentioned(self) -> set[str]:
        """Return the ids of all inputs and outputs of runs."""
        return {digest for row in self._rows for digest in (*row["inputs"], *row["outputs"])}

    def made(self, beginning: str) -> dict[str, RecordKind]:
        """Return the kind of every result whose id begins with `beginning`, in the store or not, by id."""
        return {
            digest: MAKES[runs[0]["kind"]]
            for digest in self._with_output
            if digest.startswith(beginning) and (runs := self.that_made(digest))
        }

    def collected(self) -> dict[str, str]:
        """Return when (UTC) garbage collection removed each dataset, by id."""
        return {
            dataset: row["started_at"]
            for row in self._rows
            if row["kind"] == RunKind.COLLECT
            for dataset in json.loads(row["details"]).get("datasets", ())
        }

    @cached_property
    def _staged(self) -> dict[str, list[tuple[Row, str]]]:
        staged: dict[str, list[tuple[Row, str]]] = {}
        for row in self._rows:
            if row["kind"] != RunKind.DATASET:
                continue
            for stage in json.loads(row["details"]).get("stages", ()):
                staged.setdefault(stage["artifact"], []).append((row, stage["status"]))
        return staged
