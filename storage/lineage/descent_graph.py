"""A descent as a graph."""

from collections.abc import Collection
from dataclasses import asdict

from storage.lineage.descended import DescendedRow, Descent
from storage.lineage.graph import CHECKPOINT, DATASET, SHARD, STAGE, Draft, Lineage, mask_node_id
from storage.lineage.history import History
from storage.lineage.row_nodes import KIND_OF_ROWS, row_node_id
from storage.rows.source_kinds import SOURCE_STAGES


def descent_graph(history: History, descent: Descent) -> Lineage:
    """Return a descent as a lineage whose root is the source; `history` is the one it was computed from.

    A sample is linked with the checkpoints whose training drew it, or that were validated on it.
    """
    draft = Draft()
    withdrawn = {"withdrawn": descent.withdrawal.facts} if descent.withdrawal else {}
    draft.add(descent.kind, descent.source, {"rows": [], **withdrawn})
    parts = {row.sample_id for row in descent.rows if row.stage in SOURCE_STAGES}
    for row in descent.rows:
        _add_row(draft, descent.source, row, parts)
    for shard, stage in descent.shards.items():
        gone = {"gone": descent.gone_shards[shard]} if shard in descent.gone_shards else {}
        draft.add(SHARD, shard, {"stage": stage, **gone})
        for artifact in history.stages_with(shard):
            draft.add(STAGE, artifact, {"stage": stage})
            draft.link(shard, artifact)
    for row in descent.rows:
        draft.link(row_node_id(row.stage, row.sample_id, [descent.source]), row.shard)
    for found in descent.datasets:
        draft.add(DATASET, found.dataset, {"names": list(found.names)})
        for artifact in found.stages.values():
            draft.link(artifact, found.dataset)
    for exposure in descent.exposures:
        draft.add(CHECKPOINT, exposure.checkpoint, {"how": exposure.how})
        draft.link_if_both(exposure.dataset, exposure.checkpoint)
        for sample_id in (*(drawn.sample_id for drawn in exposure.drawn), *exposure.validated):
            draft.link(sample_id, exposure.checkpoint)
    for score in descent.scores:
        draft.add(score.kind, score.id, score.facts)
        for checkpoint in score.checkpoints:
            draft.link_if_both(checkpoint, score.id)
        for sample_id in score.scored:
            draft.link(sample_id, score.id)
    return draft.lineage()


def _add_row(draft: Draft, source: str, row: DescendedRow, parts: Collection[str]) -> None:
    node_id = row_node_id(row.stage, row.sample_id, [source])
    facts = {name: value for name, value in asdict(row).items() if name not in ("parents", "notes")}
    draft.add_row(KIND_OF_ROWS[row.stage], node_id, {**facts, **(row.notes or {})})
    parents = [source if parent in parts else parent for parent in row.parents]
    for parent in (*parents, *map(mask_node_id, row.parents)):
        if parent != node_id:
            draft.link_if_both(parent, node_id)
