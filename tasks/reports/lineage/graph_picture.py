"""A graph as a picture: where its boxes and arrows are; ``lineage_parts.html`` draws it as inline SVG.

Boxes are in layers along one axis, and the arrows run along it. A lying graph (left to right) suits a wide
page, an upright one (top to bottom) a phone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.reports.lineage.graph_arrows import (
    Arrow,
    Point,
    Side,
    Span,
    bend,
    passing_arrow,
    straight_arrow,
)

BOX_WIDTH, BOX_HEIGHT = 108, 68
_BETWEEN_LAYERS, _BETWEEN_BOXES = 30, 12
_MARGIN = 2.0


@dataclass(frozen=True)
class PictureNode:
    """A node of the graph, and the text of its box.

    Attributes
    ----------
    key : str
        Unique in the graph.
    kind : str
        Its class in the stylesheet.
    count, title, note : str
        The three lines of the box.
    tooltip : str
        Shown when the pointer is on it.
    href : str
        Link to the part of the page that describes it; may be empty.
    """

    key: str
    kind: str
    count: str
    title: str
    note: str = ""
    tooltip: str = ""
    href: str = ""


@dataclass(frozen=True)
class Edge:
    """States that `target` was made from `source`; `side` is used if it passes layers."""

    source: str
    target: str
    side: Side = "before"


@dataclass(frozen=True)
class PictureBox:
    """Where a node is."""

    node: PictureNode
    left: float
    top: float


@dataclass(frozen=True)
class GraphPicture:
    """Boxes and arrows in the picture's own units."""

    orientation: str
    """Its class in the stylesheet: ``lying`` or ``upright``."""
    description: str
    boxes: tuple[PictureBox, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float
    box_width: float = BOX_WIDTH
    box_height: float = BOX_HEIGHT


def graph_picture(
    layers: Sequence[Sequence[PictureNode]], edges: Sequence[Edge], *, upright: bool
) -> GraphPicture:
    """Lay out a graph.

    Parameters
    ----------
    layers
        The nodes, at least one in each layer.
    edges
        From nodes to nodes of later layers.
    upright
        Whether it runs from top to bottom.
    """
    layer_of = {node.key: number for number, layer in enumerate(layers) for node in layer}
    passed = {edge: layer_of[edge.target] - layer_of[edge.source] - 1 for edge in edges}
    spans = _spans(layers, upright)
    breadth = max(span.edge("after") for span in spans.values())
    before, after = (_room(passed, side, spans, breadth) for side in ("before", "after"))

    def place(along: float, across: float) -> Point:
        along, across = along + _MARGIN, across + before + _MARGIN
        return (round(across, 1), round(along, 1)) if upright else (round(along, 1), round(across, 1))

    def arrow(edge: Edge, num_passed: int) -> Arrow:
        source, target = spans[edge.source], spans[edge.target]
        text = f"{edge.target} from {edge.source}"
        if not num_passed:
            return straight_arrow(source, target, place, text)
        return passing_arrow(source, target, num_passed, edge.side, place, text)

    nodes = [node for layer in layers for node in layer]
    along = max(span.along + span.length for span in spans.values()) + 2 * _MARGIN
    across = before + breadth + after + 2 * _MARGIN
    return GraphPicture(
        orientation="upright" if upright else "lying",
        description="; ".join(f"{node.count} {node.title}" for node in nodes),
        boxes=tuple(
            PictureBox(node, *place(spans[node.key].along, spans[node.key].across)) for node in nodes
        ),
        arrows=tuple(arrow(edge, num_passed) for edge, num_passed in passed.items()),
        width=round(across if upright else along, 1),
        height=round(along if upright else across, 1),
    )


def _spans(layers: Sequence[Sequence[PictureNode]], upright: bool) -> Mapping[str, Span]:
    """Return what each box covers; the layers are centred on each other."""
    length, breadth = (BOX_HEIGHT, BOX_WIDTH) if upright else (BOX_WIDTH, BOX_HEIGHT)
    step = breadth + _BETWEEN_BOXES
    widest = max(map(len, layers))
    return {
        node.key: Span(
            along=number * (length + _BETWEEN_LAYERS),
            across=(widest - len(layer)) * step / 2 + place * step,
            length=length,
            breadth=breadth,
        )
        for number, layer in enumerate(layers)
        for place, node in enumerate(layer)
    }


def _room(passed: Mapping[Edge, int], side: Side, spans: Mapping[str, Span], breadth: float) -> float:
    """Return how much the arrows on one side need beyond the boxes."""
    needed = [0.0]
    for edge, num_passed in passed.items():
        if num_passed and edge.side == side:
            edges = [spans[key].edge(side) for key in (edge.source, edge.target)]
            needed.append(bend(num_passed) - (min(edges) if side == "before" else breadth - max(edges)))
    return max(needed)
