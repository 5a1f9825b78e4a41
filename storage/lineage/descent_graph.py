"""A descent as a graph."""

from dataclasses import asdict

from storage.lineage.descended import DescendedRow, Descent
from storage.lineage.graph import (
    CHECKPOINT,
    DATASET,
    MASK,
    PHOTOGRAPH,
    SAMPLE,
    SHARD,
    STAGE,
    Draft,
    Lineage,
    mask_node_id,
)
from storage.lineage.history import History
from storage.rows.stage_names import INGEST, SALIENCY


def descent_graph(history: History, descent: Descent) -> Lineage:
    """Return a descent as a lineage whose root is the photograph; `history` is the one it was computed from.

    A sample is linked with the checkpoints whose training drew it, or that were validated on it.
    """
    draft = Draft()
    withdrawn = {"withdrawn": asdict(descent.withdrawal)} if descent.withdrawal else {}
    draft.add(PHOTOGRAPH, descent.photograph, {"rows": [], **withdrawn})
    for row in descent.rows:
        _add_row(draft, descent.photograph, row)
    for shard, stage in descent.shards.items():
        gone = {"gone": descent.gone_shards[shard]} if shard in descent.gone_shards else {}
        draft.add(SHARD, shard, {"stage": stage, **gone})
        for artifact in history.stages_with(shard):
            draft.add(STAGE, artifact, {"stage": stage})
            draft.link(shard, artifact)
    for row in descent.rows:
        draft.link(_node_id(descent.photograph, row), row.shard)
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
        for source in (score.checkpoint, *score.scored):
            draft.link(source, score.id)
    return draft.lineage()


def _add_row(draft: Draft, photograph: str, row: DescendedRow) -> None:
    node_id = _node_id(photograph, row)
    kind = {INGEST: PHOTOGRAPH, SALIENCY: MASK}.get(row.stage, SAMPLE)
    facts = {name: value for name, value in asdict(row).items() if name not in ("parents", "notes")}
    draft.add_row(kind, node_id, {**facts, **(row.notes or {})})
    for parent in (*row.parents, *map(mask_node_id, row.parents)):
        if parent != node_id:
            draft.link_if_both(parent, node_id)


def _node_id(photograph: str, row: DescendedRow) -> str:
    if row.stage == INGEST:
        return photograph
    return mask_node_id(row.sample_id) if row.stage == SALIENCY else row.sample_id
