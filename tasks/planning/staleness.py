"""Why the stages and shards of a plan are not fresh: the plan compared with an existing dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from storage.rows.source_kinds import plurals_of
from storage.rows.stage_artifact import AcceptedRows, RowAddress
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan
from tasks.planning.file_names import FileNames
from tasks.planning.making import Making, changes
from tasks.planning.planned_rows import is_to_be_made
from tasks.planning.reasons import Reason, counted
from tasks.planning.shard_assignment import group_of
from tasks.planning.shard_job import KeyedRow
from tasks.planning.stage_plan import PlannedShard, StagePlan

_Row = Mapping[str, Any]
_InputRow = tuple[RowAddress, dict[str, Any]]


class Staleness:
    """One stage of a plan compared with the same stage of an existing dataset."""

    def __init__(
        self, plan: DatasetPlan, stage: StagePlan, baseline: Baseline | None, file_names: FileNames
    ) -> None:
        self._plan, self._stage, self._baseline, self._file_names = plan, stage, baseline, file_names

    def of_stage(self) -> list[Reason]:
        """Return why the stage is not fresh; an empty list if it is."""
        if not self._stage.stale:
            return []
        if self._baseline is None:
            return [Reason(kind="baseline", name="no dataset of this name is published yet")]
        reasons = [*self._changes, *self._changed_inputs()]
        return reasons or [*self._lost_rows(), *self._moved_rows()]

    def of_shard(self, shard: PlannedShard) -> list[Reason]:
        """Return why a shard is not fresh; an empty list if it is."""
        if shard.ref:
            return []
        causes: dict[str, list[str]] = {}
        for row in shard.rows:
            if row.known is None and (cause := self._cause(row)):
                causes.setdefault(cause, []).append(self._file_names.of(row.plan.source_ids))
        reasons = list(self._changes) if shard.rows_to_compute else []
        for cause, names in causes.items():
            reasons += counted("row", cause, names)
        for verb, names in self._gone_from(shard).items():
            reasons += counted("row", f"rows {verb}", names)
        return reasons or [Reason(kind="shard", name="rows of other shards", count=len(shard.rows))]

    @cached_property
    def _changes(self) -> list[Reason]:
        if self._baseline is None:
            return []
        artifact = self._baseline.artifacts.get(self._stage.stage.name)
        if artifact is None:  # the dataset before had no such source
            return []
        return changes(Making.recorded(self._plan.store.objects, artifact.manifest), self._stage.making)

    def _changed_inputs(self) -> list[Reason]:
        if not self._stage.stage.reads:
            return self._changed_sources()
        reasons: list[Reason] = []
        for name in self._stage.stage.reads:
            for verb, rows in self._input_rows(name).items():
                whose = [self._file_names.of(row["source_ids"]) for row in rows]
                reasons += counted("input", f"{name} rows {verb}", whose)
        return reasons

    def _input_rows(self, name: str) -> dict[str, list[_Row]]:
        """Return the rows of a stage that is read and that are not the same as before, by what changed."""
        before, after = self._read_before[name], self._read_now[name]
        rows = {sample_id: row for sample_id, (_, row) in after.items()}
        to_be_made = {sample_id for sample_id, (address, _) in after.items() if is_to_be_made(address)}
        if self._baseline is None or not self._baseline_is_whole(name):  # the earlier rows are not known
            return {"made anew": [rows[same] for same in to_be_made]}
        kept = after.keys() & before.keys()
        changed = {same for same in kept if after[same][0].digest != before[same][0].digest}
        earlier = {**self._baseline.erased(name), **{old: row for old, (_, row) in before.items()}}
        gone = [earlier[old] for old in earlier.keys() - after.keys()]
        return {
            "added": [rows[new] for new in after.keys() - before.keys()],
            "changed": [rows[same] for same in changed - to_be_made],
            "made anew": [rows[same] for same in kept & to_be_made],
            **self._removed_or_withdrawn(gone),
        }

    def _removed_or_withdrawn(self, rows: Iterable[_Row]) -> dict[str, list[_Row]]:
        """Return rows that are no longer wanted; those whose photographs were withdrawn are separate."""
        by_reason: dict[str, list[_Row]] = {"removed": [], "withdrawn": []}
        for row in rows:
            is_free = self._plan.withdrawn.isdisjoint(row["source_ids"])
            by_reason["removed" if is_free else "withdrawn"].append(row)
        return by_reason

    def _changed_sources(self) -> list[Reason]:
        stage = self._stage.stage.name
        if self._baseline is None or not self._baseline_is_whole(stage):
            return []
        nouns = plurals_of([stage])
        before = self._baseline.sources(stage)
        after = {
            row.plan.sample_id: self._stage.stage.notes(row.plan)
            for shard in self._stage.shards
            for row in shard.rows
        }
        earlier = {**self._baseline.erased(stage), **before}
        gone = {
            verb: {row.get("file_name") or self._file_names.of(row["source_ids"]) for row in rows}
            for verb, rows in self._removed_or_withdrawn(
                row for name, row in earlier.items() if name not in after
            ).items()
        }
        new = {row["file_name"] for name, row in after.items() if name not in before}
        kept = [(before[name], after[name]) for name in after if name in before]
        renamed = {now["file_name"] for was, now in kept if now["file_name"] != was["file_name"]}
        noted = {
            now["file_name"]
            for was, now in kept
            if now["file_name"] == was["file_name"] and not now.items() <= was.items()
        }
        return [
            *counted("input", f"{nouns} added", new.difference(*gone.values())),
            *counted("input", f"{nouns} changed", new.intersection(set().union(*gone.values()))),
            *(
                reason
                for verb, names in gone.items()
                for reason in counted("input", f"{nouns} {verb}", names - new)
            ),
            *counted("input", f"{nouns} renamed", renamed),
            *counted("input", f"{nouns} with other notes", noted),
        ]

    def _lost_rows(self) -> list[Reason]:
        lost = [row for shard in self._stage.stale for row in shard.rows if row.known is None]
        whose = [self._file_names.of(row.plan.source_ids) for row in lost]
        return counted("row", "rows not found in the store", whose)

    def _moved_rows(self) -> list[Reason]:
        moved = sum(shard.rows_to_copy for shard in self._stage.stale)
        return [Reason(kind="shard", name="rows grouped into other shards", count=moved)] if moved else []

    def _baseline_is_whole(self, stage: str) -> bool:
        return self._baseline is None or self._baseline.is_whole(stage)

    def _cause(self, row: KeyedRow) -> str | None:
        """Return why a row has to be made; None if a change of the whole stage is the reason."""
        before = self._rows_before.get(row.plan.sample_id)
        if before is None:
            is_whole = self._baseline_is_whole(self._stage.stage.name)
            return "new rows" if is_whole else "rows not found in the store"
        if self._changes:
            return None
        if row.key == before["row_key"]:
            return "rows not found in the store"
        if sorted(address.sample_id for address in row.plan.inputs) != sorted(before["parents"]):
            return "rows that read other rows"
        if any(self._digest_before(address) != address.digest for address in row.plan.inputs):
            return "rows whose inputs changed"
        return "rows described otherwise"

    def _digest_before(self, address: RowAddress) -> str | None:
        before = self._read_before[address.stage].get(address.sample_id)
        return before[0].digest if before else None

    def _gone_from(self, shard: PlannedShard) -> dict[str, list[str]]:
        """Return the file names of rows that are no longer in a shard, by reason."""
        first = shard.rows[0].plan
        number = self._number(first.sample_id, first.source_ids)
        gone = (
            row
            for name, row in self._rows_before.items()
            if name not in self._rows_now and self._number(name, row["source_ids"]) == number
        )
        return {
            verb: [self._file_names.of(row["source_ids"]) for row in rows]
            for verb, rows in self._removed_or_withdrawn(gone).items()
        }

    def _number(self, sample_id: str, source_ids: Sequence[str]) -> int:
        stage, most = self._stage, self._plan.rows_per_shard
        return group_of(stage.stage, sample_id, source_ids, stage.num_rows, most)

    @cached_property
    def _rows_now(self) -> set[str]:
        return {row.plan.sample_id for shard in self._stage.shards for row in shard.rows}

    @cached_property
    def _rows_before(self) -> Mapping[str, Mapping[str, Any]]:
        return self._baseline.rows(self._stage.stage.name) if self._baseline else {}

    @cached_property
    def _read_before(self) -> Mapping[str, dict[str, _InputRow]]:
        if self._baseline is None:
            return {name: {} for name in self._stage.stage.reads}
        there = self._baseline.there
        return {name: _by_id(there[name]) if name in there else {} for name in self._stage.stage.reads}

    @cached_property
    def _read_now(self) -> Mapping[str, dict[str, _InputRow]]:
        inputs = self._plan.inputs(self._stage.stage)
        return {name: _by_id(rows) for name, rows in inputs.items()}


def _by_id(rows: AcceptedRows) -> dict[str, _InputRow]:
    return {address.sample_id: (address, row) for address, row in rows.accepted(("source_ids",))}
