"""Ancestry of rows up to the photographs: a sample from its masks, a mask from its photograph."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from storage.kinds import RecordKind
from storage.lineage.graph import MASK, PHOTOGRAPH, SAMPLE, Draft, mask_node_id
from storage.lineage.history import History
from storage.lineage.records import Content
from storage.records.manifests import stages_in
from storage.rows.stage_graph import in_reading_order, schema_of
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

Row = dict[str, Any]
_KINDS: Mapping[str, str] = {INGEST: PHOTOGRAPH, SALIENCY: MASK, SEQUENCES: SAMPLE, SUPERPIXELS: SAMPLE}


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
        if stage == INGEST:
            self._add_photograph(node_id)
        if not self._draft.add_row(_KINDS[stage], node_id, facts):
            return
        self._draft.link_if_both(node_id, row["shard"])
        for parent_stage, parent_id, parent in self._parents(stage, row):
            source = _node_id(parent_stage, parent or {"sample_id": parent_id, "source_ids": [parent_id]})
            if parent is not None:
                self._add(parent_stage, parent)
            elif parent_stage == INGEST:  # its row is gone, but it is known to have existed
                self._add_photograph(source)
            else:
                self._draft.add(_KINDS[parent_stage], source, {"rows": []})
            if source != node_id:
                self._draft.link(source, node_id)

    def _add_photograph(self, image_id: str) -> None:
        withdrawal = self._history.withdrawn.get(image_id)
        self._draft.add(
            PHOTOGRAPH, image_id, {"rows": [], **({"withdrawn": asdict(withdrawal)} if withdrawal else {})}
        )

    def _parents(self, stage: str, row: Row) -> Iterator[tuple[str, str, Row | None]]:
        """Yield stage and id of every row that a row read, and the row itself if it exists."""
        reads = schema_of(stage).reads[::-1]  # the nearest stage first
        for parent_id in dict.fromkeys(row["parents"]):
            found = [(read, self._rows(read)[parent_id]) for read in reads if parent_id in self._rows(read)]
            yield from ((read, parent_id, parent) for read, parent in found)
            if not found:
                is_photograph = INGEST in reads and parent_id in row["source_ids"]
                yield (INGEST if is_photograph else reads[0]), parent_id, None

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
    if stage == INGEST:  # also for a second file with the same bytes
        return str(row["source_ids"][0])
    return mask_node_id(row["sample_id"]) if stage == SALIENCY else str(row["sample_id"])
