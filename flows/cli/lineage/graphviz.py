"""A lineage in DOT, the language of Graphviz."""

from collections import Counter
from collections.abc import Iterator

from flows.cli.lineage.labels import counted, label
from shls_core.foreign_text import shown
from storage.lineage.graph import MASK, PHOTOGRAPH, RUN, SAMPLE, SHARD, SOURCES, VIDEO, Lineage, Node

MOST_NODES = 150
"""A larger graph is drawn with counts instead of rows and shards."""
_SHAPES = {PHOTOGRAPH: "note", VIDEO: "note", RUN: "ellipse"}


def dot_text(lineage: Lineage) -> str:
    """Return a lineage in DOT; arrows go from what a thing was made from to the thing."""
    groups = _groups(lineage)
    lines = ["digraph lineage {", '  rankdir=LR; node [shape=box, fontname="sans-serif"];']
    if groups:
        lines.append(
            f"  // {counted(len(groups), 'row')} and shards are drawn as counts; --json names every one."
        )
    sizes = Counter(groups.values())
    lines += [_drawn(node.id, label(node), node.kind) for node in lineage.nodes if node.id not in groups]
    lines += [_drawn(group, counted(size, group), group) for group, size in sizes.items()]
    drawn = ((groups.get(source, source), groups.get(made, made)) for source, made in lineage.edges)
    lines += [
        f"  {_quoted(source)} -> {_quoted(made)};" for source, made in dict.fromkeys(drawn) if source != made
    ]
    return "\n".join([*lines, "}"])


def _groups(lineage: Lineage) -> dict[str, str]:
    """Return the group of every node that is counted instead of drawn; none in a small graph."""
    if len(lineage.nodes) <= MOST_NODES:
        return {}
    return {node.id: group for node in lineage.nodes if node is not lineage.root for group in _group(node)}


def _group(node: Node) -> Iterator[str]:
    if node.kind in (*SOURCES, MASK, SAMPLE):
        yield node.kind
    elif node.kind == SHARD:
        yield f"{node.facts['stage']} shard"


def _drawn(node_id: str, text: str, kind: str) -> str:
    shape = f", shape={_SHAPES[kind]}" if kind in _SHAPES else ""
    return f"  {_quoted(node_id)} [label={_quoted(text)}{shape}];"


def _quoted(text: str) -> str:
    # Graphviz itself gives a meaning to what follows a backslash in a label.
    return '"' + shown(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
