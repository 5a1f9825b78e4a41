"""Arrows between boxes in layers: straight to the next layer, or bent around those between.

Everything is computed along the layers and across them; `Place` knows which of the two runs down the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

_BEND = 15.0
"""How far an arrow bends aside for every layer that it passes."""
_HEAD_LENGTH, _HEAD_WIDTH = 6.0, 3.5

Side = Literal["before", "after"]
"""Where an arrow passes layers: above or below them; left or right of them where they run down the page."""
Point = tuple[float, float]
Place = Callable[[float, float], Point]
"""From a place along and across the layers to one on the page, (x, y)."""


@dataclass(frozen=True)
class Arrow:
    """An arrow, as the data of a path and the points of its head, in the syntax of SVG."""

    path: str
    head: str
    style: str
    text: str


@dataclass(frozen=True)
class Span:
    """What a box covers along and across the layers."""

    along: float
    across: float
    length: float
    breadth: float

    def edge(self, side: Side) -> float:
        """Return where, across the layers, its edge on a side is."""
        return self.across if side == "before" else self.across + self.breadth


def bend(num_passed: int) -> float:
    """Return how far an arrow that passes layers reaches beyond the outer one of its boxes."""
    return _BEND * (num_passed + 0.6)


def straight_arrow(source: Span, target: Span, place: Place, text: str) -> Arrow:
    """Return the arrow from the middle of a box to the middle of one in the next layer."""
    begin = source.along + source.length, source.across + source.breadth / 2
    end = target.along, target.across + target.breadth / 2
    middle = (begin[0] + end[0]) / 2
    handles = [(middle, begin[1]), (middle, end[1])]
    return Arrow(
        _curve([begin, *handles, (end[0] - _HEAD_LENGTH, end[1])], place),
        _head(end, (1, 0), place),
        "next",
        text,
    )


def passing_arrow(source: Span, target: Span, num_passed: int, side: Side, place: Place, text: str) -> Arrow:
    """Return the arrow that leaves and arrives at one side of the boxes, around those between."""
    outwards = -1 if side == "before" else 1
    # Arrows that come from further away arrive further on, so that heads are side by side.
    begin = source.along + 0.62 * source.length, source.edge(side)
    end = target.along + min(0.2 + 0.16 * num_passed, 0.9) * target.length, target.edge(side)
    outer = outwards * max(outwards * begin[1], outwards * end[1])
    # A cubic curve reaches three quarters of the way to its handles.
    handle = outer + outwards * bend(num_passed) / 0.75
    return Arrow(
        _curve(
            [begin, (begin[0], handle), (end[0], handle), (end[0], end[1] + outwards * _HEAD_LENGTH)], place
        ),
        _head(end, (0, -outwards), place),
        f"passing {side}",
        text,
    )


def _curve(points: Sequence[Point], place: Place) -> str:
    begin, *others = (f"{x} {y}" for x, y in (place(*point) for point in points))
    return f"M{begin}C{', '.join(others)}"


def _head(tip: Point, direction: tuple[int, int], place: Place) -> str:
    """Return a triangle with its tip at `tip`, pointing along `direction`."""
    along, across = direction
    back = tip[0] - along * _HEAD_LENGTH, tip[1] - across * _HEAD_LENGTH
    corners = (
        tip,
        (back[0] + across * _HEAD_WIDTH, back[1] + along * _HEAD_WIDTH),
        (back[0] - across * _HEAD_WIDTH, back[1] - along * _HEAD_WIDTH),
    )
    return " ".join(f"{x},{y}" for x, y in (place(*corner) for corner in corners))
