"""Lineages as JSON, whose keys are a contract."""

from dataclasses import asdict
from typing import Any

from storage.lineage.descended import DescendedScore, Descent
from storage.lineage.graph import Lineage


def graph_json(lineage: Lineage) -> dict[str, Any]:
    """Return what ``shls lineage up --json`` prints: every node with its facts, every edge."""
    return {
        "root": lineage.root.id,
        "nodes": [{"kind": node.kind, "id": node.id, "facts": node.facts} for node in lineage.nodes],
        "edges": [list(edge) for edge in lineage.edges],
    }


def descent_json(descent: Descent) -> dict[str, Any]:
    """Return what ``shls lineage down --json`` prints: empty lists for a source that was never seen."""
    return {
        str(descent.kind): descent.source,
        "is_known": bool(descent.rows),
        "withdrawal": descent.withdrawal and descent.withdrawal.facts,
        "rows": [asdict(row) for row in descent.rows],
        "shards": [
            {"shard": shard, "stage": stage, "gone": descent.gone_shards.get(shard)}
            for shard, stage in descent.shards.items()
        ],
        "datasets": [asdict(found) for found in descent.datasets],
        "checkpoints": [
            {
                **asdict(exposure),
                "how": exposure.how,
                "times_drawn": exposure.times_drawn,
                "first_step": exposure.first_step,
            }
            for exposure in descent.exposures
        ],
        "scores": [_score_json(score) for score in descent.scores],
        "removed_datasets": dict(descent.removed_datasets),
    }


def _score_json(score: DescendedScore) -> dict[str, Any]:
    """Return a score as JSON; ``joined_with`` where a second checkpoint was joined."""
    alone = ("joined_with", None)
    return {key: value for key, value in asdict(score).items() if (key, value) != alone}
