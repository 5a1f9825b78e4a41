"""Charts as geometry: positions in the chart's own units; ``charts.html`` draws them as inline SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 10, 30
_MOST_TICKS = 7
_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
_UNNAMED_LEVELS = (0.25, 0.75)


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its label, which may be empty."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    name : str
        Its tooltip.
    style : str
        Its class in the stylesheet.
    points : str
        In the syntax of SVG.
    """

    name: str
    style: str
    points: str


@dataclass(frozen=True)
class Band:
    """The part of a chart that belongs to one frame, and its tooltip."""

    left: float
    width: float
    text: str


@dataclass(frozen=True)
class CurveChart:
    """Scores over the frames of a video, or figures over the steps of a training.

    Attributes
    ----------
    measure : str
        What is shown: ``J``, ``F``, ``loss``.
    description : str
        The chart in words, for screen readers.
    lines : tuple of Line
        Drawn in this order.
    bands : tuple of Band
        One for every scored frame.
    frames, levels : tuple of Tick
        Of the horizontal and the vertical axis.
    marks : tuple of float
        Places of the frames that are also shown as pictures, or of the step whose weights were kept.
    axis : str
        What the horizontal axis counts.
    """

    measure: str
    description: str
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    frames: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    marks: tuple[float, ...]
    axis: str = "frame"
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True)
class Curve:
    """Values 0..1 of the scored frames, from frame 1 on, and how they are drawn."""

    name: str
    style: str
    values: Sequence[float]


def curve_chart(
    measure: str, curves: Sequence[Curve], num_frames: int, pictured: Sequence[int] = ()
) -> CurveChart:
    """Lay out the curves of one video.

    Parameters
    ----------
    measure
        ``J`` or ``F``.
    curves
        At least one, of `num_frames` - 2 values each: the first and the last frame are not scored.
    num_frames
        Frames of the video, at least 3.
    pictured
        Numbers of frames that are also shown as pictures.
    """
    step = (WIDTH - LEFT - RIGHT) / (num_frames - 1)

    def across(frame: float) -> float:
        return LEFT + frame * step

    def up(value: float) -> float:
        return TOP + (1 - value) * (HEIGHT - TOP - BOTTOM)

    def line(curve: Curve) -> Line:
        points = (f"{across(frame):.1f},{up(value):.1f}" for frame, value in enumerate(curve.values, 1))
        mean = 100 * float(np.mean(curve.values))
        return Line(f"{curve.name}: mean {measure} {mean:.1f}", curve.style, " ".join(points))

    def band(frame: int) -> Band:
        scores = (f"{curve.name} {100 * curve.values[frame - 1]:.1f}" for curve in curves)
        left = round(across(frame - 0.5), 2)
        return Band(left, round(across(frame + 0.5) - left, 2), "\n".join((f"frame {frame}", *scores)))

    return CurveChart(
        measure=measure,
        description=_described(measure, {curve.name: curve.values for curve in curves}, num_frames),
        lines=tuple(map(line, curves)),
        bands=tuple(map(band, range(1, num_frames - 1))),
        frames=tuple(Tick(round(across(frame), 1), str(frame)) for frame in tick_frames(num_frames)),
        levels=tuple(
            Tick(round(up(level), 1), "" if level in _UNNAMED_LEVELS else f"{100 * level:.0f}")
            for level in _LEVELS
        ),
        marks=tuple(round(across(frame), 1) for frame in pictured),
    )


def tick_frames(num_frames: int) -> range:
    """Return the few frames that an axis names: from 0, evenly, at steps of 1, 2 or 5 times a power of 10.

    Examples
    --------
    >>> list(tick_frames(80)), list(tick_frames(5))
    ([0, 20, 40, 60], [0, 1, 2, 3, 4])
    """
    steps = (base * 10**power for power in range(9) for base in (1, 2, 5))
    return next(ticks for step in steps if len(ticks := range(0, num_frames, step)) <= _MOST_TICKS)


def _described(measure: str, values: Mapping[str, Sequence[float]], num_frames: int) -> str:
    described = (
        f"{name} begins at {100 * one[0]:.0f}, ends at {100 * one[-1]:.0f}, "
        f"mean {100 * float(np.mean(one)):.0f}, lowest {100 * min(one):.0f}"
        for name, one in values.items()
    )
    return f"{measure} in per cent over {num_frames} frames. {'; '.join(described)}."
