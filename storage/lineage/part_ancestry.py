"""Ancestry of a part of a stage artifact: of a shard, or of a row, anywhere in the store."""

from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import NameUnknown
from storage.lineage.arrays import string
from storage.lineage.graph import MASK, RUN, SAMPLE, SHARD, SOURCES, Draft, mask_node_id
from storage.lineage.history import History
from storage.lineage.roles import roles_of
from storage.lineage.row_ancestry import RowAncestry, context_of
from storage.lineage.row_nodes import stages_with
from storage.lineage.rows import naming
from storage.lineage.run_facts import run_facts
from storage.rows.stage_names import SEQUENCES

_MAKING = ("stage", "parameters", "code_digest", "versions")


class _FoundRows(NamedTuple):
    """Rows in one shard."""

    stage: str
    shard: str
    rows: pa.Table


class PartAncestry:
    """Adds a shard, a sample, a mask or a source, and all that it was made from, to a draft.

    A row may be in several shards, of several datasets, and differ between them: each one is described.

    Parameters
    ----------
    history
        The history of the store.
    draft
        The draft to extend.
    """

    def __init__(self, history: History, draft: Draft) -> None:
        self._history = history
        self._draft = draft

    def add(self, kind: str, part_id: str) -> None:
        """Add a part by its digest or sample id.

        Raises
        ------
        NameUnknown
            If no shard of the store has it.
        """
        found = self._shard(part_id) if kind == SHARD else self._shards_with_row(kind, part_id)
        if not found:
            raise NameUnknown(f"no dataset in this store has seen {kind} {part_id}")
        root = mask_node_id(part_id) if kind == MASK else part_id
        makings = [self._making(stage, shard) for stage, shard, _ in found]
        self._draft.add(kind, root, {**self._facts(kind, found), "making": makings})
        self._link_runs([making["artifact"] for making in makings if making["artifact"]], root)
        for (stage, _, rows), making in zip(found, makings, strict=True):
            context = context_of(self._history, making["artifact"]) if making["artifact"] else {}
            RowAncestry(self._history, self._draft, context).add(stage, rows)

    def _shard(self, digest: str) -> list[_FoundRows]:
        stage = self._history.stage_of_shard[digest]
        return [_FoundRows(stage, digest, self._history.rows.of(stage, [digest]))]

    def _shards_with_row(self, kind: str, part_id: str) -> list[_FoundRows]:
        """Return the rows of this id in every shard that has one."""
        found = []
        for stage in stages_with(kind):
            rows = self._history.every_row(stage)
            is_it = pc.equal(rows["sample_id"], string(part_id))
            rows = naming(rows, part_id) if kind in SOURCES else rows.filter(is_it)
            found += [
                _FoundRows(stage, shard, rows.filter(pc.equal(rows["shard"], string(shard))))
                for shard in pc.unique(rows["shard"]).to_pylist()
            ]
        return found

    def _facts(self, kind: str, found: list[_FoundRows]) -> dict[str, Any]:
        stage, shard, rows = found[0]
        if kind == SHARD:
            return {"stage": stage, "num_rows": len(rows), **self._history.absence_of_shard(shard)}
        return {"rows": [], **({"roles": self._roles(found)} if kind == SAMPLE else {})}

    def _roles(self, found: list[_FoundRows]) -> list[dict[str, Any]]:
        """Return, for every shard with the sequence, the roles of its masks."""
        roles = []
        for stage, shard, rows in found:
            if stage == SEQUENCES:
                (row,) = rows.to_pylist()
                recipe = self._history.rows.recipes([shard]).get((shard, row["sample_id"]))
                roles.append({"shard": shard, "masks": roles_of(row, recipe)})
        return roles

    def _making(self, stage: str, shard: str) -> dict[str, Any]:
        """Return how a shard was made: all artifacts with it state the same; the first one made is named."""
        artifacts = self._history.stages_with(shard)
        if not artifacts:  # the run that wrote it ended before there was one
            return {"shard": shard, "artifact": None, "stage": stage}
        artifact = self._history.runs.staged_first(artifacts)
        record = self._history.records.get(artifact)
        assert record is not None, "it is in the store"
        return {"shard": shard, "artifact": artifact, **{name: record[name] for name in _MAKING}}

    def _link_runs(self, artifacts: list[str], root: str) -> None:
        """Add the first run with each artifact as a result, oldest first."""
        runs = [run for artifact in artifacts for run, _ in self._history.runs.that_staged(artifact)[:1]]
        for run in sorted(runs, key=lambda run: int(run["number"])):
            self._draft.add(RUN, run["run_id"], run_facts(run))
            self._draft.link(run["run_id"], root)
