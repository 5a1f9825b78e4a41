"""Ancestry of rows up to the sources: a sample from its masks, a mask from its photograph."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from storage.kinds import RecordKind
from storage.lineage.graph import Draft
from storage.lineage.history import History
from storage.lineage.records import Content
from storage.lineage.row_nodes import KIND_OF_ROWS, row_node_id
from storage.records.manifests import stages_in
from storage.rows.source_kinds import SOURCE_STAGES
from storage.rows.stage_graph import in_reading_order, schema_of

Row = dict[str, Any]


class RowAncestry:
    """The rows of stage artifacts that were made from each other, as nodes and edges of a draft.

    Parameters
    ----------
    history
        The history of the store.
    draft
        The draft to extend.
    context
        The artifacts, by stage, whose rows are searched for parents.
    """

    def __init__(self, history: History, draft: Draft, context: Mapping[str, str]) -> None:
        self._history = history
        self._draft = draft
        self._context = context
        self._known: dict[str, dict[str, Row]] = {}

    def add(self, stage: str, rows: pa.Table) -> None:
        """Add rows of a stage, as `Rows` in storage.lineage.rows reads them, and all they were made from."""
        for row in rows.to_pylist():
            self._add(stage, row)

    def _add(self, stage: str, row: Row) -> None:
        node_id = _node_id(stage, row)
        facts = {"stage": stage, **{name: row[name] for name in row if name not in ("parents", "source_ids")}}
        if stage in SOURCE_STAGES:
            self._add_source(stage, node_id)
        if not self._draft.add_row(KIND_OF_ROWS[stage], node_id, facts):
            return
        self._draft.link_if_both(node_id, row["shard"])
        for parent_stage, parent_id, parent in self._parents(stage, row):
            source = _node_id(parent_stage, parent or _lost(parent_id, row))
            if parent is not None:
                self._add(parent_stage, parent)
            elif parent_stage in SOURCE_STAGES:  # its row is gone, but it is known to have existed
                self._add_source(parent_stage, source)
            else:
                self._draft.add(KIND_OF_ROWS[parent_stage], source, {"rows": []})
            if source != node_id:
                self._draft.link(source, node_id)

    def _add_source(self, stage: str, source_id: str) -> None:
        withdrawal = self._history.withdrawn.get(source_id)
        withdrawn = {"withdrawn": withdrawal.facts} if withdrawal else {}
        self._draft.add(KIND_OF_ROWS[stage], source_id, {"rows": [], **withdrawn})

    def _parents(self, stage: str, row: Row) -> Iterator[tuple[str, str, Row | None]]:
        """Yield stage and id of every row that a row read, and the row itself if it exists."""
        reads = schema_of(stage).reads[::-1]  # the nearest stage first
        for parent_id in dict.fromkeys(row["parents"]):
            found = [(read, self._rows(read)[parent_id]) for read in reads if parent_id in self._rows(read)]
            yield from ((read, parent_id, parent) for read, parent in found)
            if not found:
                # A photograph has the id of its row; with the nearest stage alone, there is no choice.
                sources = [read for read in reads if read in SOURCE_STAGES and parent_id in row["source_ids"]]
                yield (sources or reads)[0], parent_id, None

    def _rows(self, stage: str) -> dict[str, Row]:
        if stage not in self._known:
            table = self._history.rows_of(self._context[stage]) if stage in self._context else None
            rows = [] if table is None else table.to_pylist()
            self._known[stage] = {row["sample_id"]: row for row in rows}
        return self._known[stage]


def context_of(history: History, artifact: str) -> dict[str, str]:
    """Return the artifacts, by stage, that a stage artifact was made from, itself included.

    If a dataset contains it, they are the other artifacts of that dataset. Otherwise, they are any artifacts
    with the content that it read.
    """
    if datasets := history.datasets_with(artifact):
        record = history.records.of_kind(RecordKind.DATASET)[datasets[0]]
        return ordered_stages(history, record)
    artifacts = history.records.of_kind(RecordKind.STAGE)
    context: dict[str, str] = {}
    waiting = [artifact]
    while waiting:
        record = artifacts[one := waiting.pop()]
        context[record["stage"]] = one
        read = record["inputs"].values()
        waiting += [
            digest
            for digest, other in artifacts.items()
            if other["content_digest"] in read and other["stage"] not in context
        ]
    return context


def ordered_stages(history: History, record: Content) -> dict[str, str]:
    """Return the artifacts of a dataset by stage, each after those it read; missing ones read nothing."""
    artifacts = stages_in(record)
    read = {stage: history.records.get(artifact) for stage, artifact in artifacts.items()}
    order = in_reading_order({stage: list(one["inputs"]) if one else [] for stage, one in read.items()})
    return {stage: artifacts[stage] for stage in order}


def _node_id(stage: str, row: Row) -> str:
    return row_node_id(stage, str(row["sample_id"]), row["source_ids"])


def _lost(parent_id: str, row: Row) -> Row:
    """Return what is known of a missing row that another one read; a row of one source read that source."""
    sources = row["source_ids"]
    return {"sample_id": parent_id, "source_ids": [parent_id] if parent_id in sources else sources}
