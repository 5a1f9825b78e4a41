"""A lineage as a graph: the things, and which of them was made from which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from storage.kinds import SCORES, PartKind, RecordKind

PHOTOGRAPH, VIDEO = PartKind.PHOTOGRAPH, PartKind.VIDEO
MASK, SAMPLE, SHARD = PartKind.MASK, PartKind.SAMPLE, PartKind.SHARD
STAGE, DATASET, CHECKPOINT = RecordKind.STAGE, RecordKind.DATASET, RecordKind.CHECKPOINT
EVALUATION, BENCHMARK, SUBMISSION = SCORES
RUN: Final = "run"

SOURCES = (PHOTOGRAPH, VIDEO)
KINDS = (*SOURCES, MASK, SAMPLE, SHARD, STAGE, DATASET, CHECKPOINT, *SCORES, RUN)
_MASK_IDS_BEGIN = f"{MASK}:"


@dataclass(frozen=True)
class Node:
    """One thing.

    Attributes
    ----------
    kind
        One of `KINDS`.
    id
        Unique in its lineage: a digest, a sample id, the id of a run; of a mask, `mask_node_id`.
    facts
        What is known about it, in JSON types.
    """

    kind: str
    id: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Lineage:
    """What a thing was made from, or what was made from it.

    Attributes
    ----------
    root
        The requested thing; the first of the nodes.
    nodes
        Every thing once, in the order in which they were found.
    edges
        Pairs of ids: of (a, b), b was made from a, or by it where a is a run. Every pair once.
    """

    root: Node
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def of_kind(self, kind: str) -> list[Node]:
        """Return the nodes of one kind, in their order."""
        return [node for node in self.nodes if node.kind == kind]


def mask_node_id(sample_id: str) -> str:
    """Return the id of a mask's node: the mask of a whole photograph has the photograph's sample id."""
    return _MASK_IDS_BEGIN + sample_id


class Draft:
    """A lineage under construction; what is added twice is in it once."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str], None] = {}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._nodes

    def add(self, kind: str, node_id: str, facts: Mapping[str, Any]) -> None:
        """Add a thing; if it is there already, it keeps its first facts."""
        self._nodes.setdefault(node_id, Node(kind, node_id, facts))

    def add_row(self, kind: str, node_id: str, row: Mapping[str, Any]) -> bool:
        """Add a row to the ``rows`` of a thing, and the thing if it is new; return False for a known row."""
        self.add(kind, node_id, {"rows": []})
        rows: list[Mapping[str, Any]] = self._nodes[node_id].facts["rows"]
        is_new = row not in rows
        if is_new:
            rows.append(row)
        return is_new

    def link_if_both(self, source: str, made: str) -> None:
        """Record that `made` was made from `source`, if both are part of this lineage."""
        if source in self._nodes and made in self._nodes:
            self.link(source, made)

    def link(self, source: str, made: str) -> None:
        """Record that `made` was made from `source`."""
        self._edges.setdefault((source, made))

    def lineage(self) -> Lineage:
        """Return the lineage of what was added first."""
        nodes = tuple(self._nodes.values())
        return Lineage(nodes[0], nodes, tuple(self._edges))
