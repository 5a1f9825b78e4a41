"""Curves over the steps of a training: the loss, and J&F in validation."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.records.checkpoints import ValidationScore
from tasks.reports.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Band,
    CurveChart,
    Line,
    Tick,
    tick_frames,
)
from tasks.reports.page import figure, percent
from tasks.training.loss_curve import steps_of_a_point, thinned

_MOST_LEVELS = 5
_FINE_POINTS, _COARSE_POINTS = 200, 40
_PERCENT_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class _Point:
    """A figure after a step, and its tooltip."""

    step: float
    value: float
    text: str


def loss_chart(losses: Sequence[float]) -> CurveChart:
    """Lay out the losses of all steps, at least one: a faint line of fine means, and one of coarse means."""
    fine, coarse = _means(losses, _FINE_POINTS), _means(losses, _COARSE_POINTS)
    low, high = min(point.value for point in fine), max(point.value for point in fine)
    described = (
        f"Loss over {len(losses):,} steps: begins at {coarse[0].value:.3f}, ends at {coarse[-1].value:.3f}, "
        f"lowest {min(point.value for point in coarse):.3f}, as means over parts of the training."
    )
    levels = [(level, figure(level)) for level in _levels(low, high)]
    lines = {"raw": fine, "figure": coarse}
    return _chart("loss", described, lines, levels, len(losses))


def _means(losses: Sequence[float], most_points: int) -> list[_Point]:
    """Return means over equally many steps, each at the middle of them."""
    size = steps_of_a_point(len(losses), most_points)
    points = []
    for number, value in enumerate(thinned(losses, most_points)):
        first, last = number * size + 1, min((number + 1) * size, len(losses))
        steps = f"step {first}" if first == last else f"steps {first} to {last}"
        points.append(_Point((first + last) / 2, value, f"{steps}\nloss {value:.3f}"))
    return points


def validation_chart(validations: Sequence[ValidationScore], num_steps: int, kept: int | None) -> CurveChart:
    """Lay out the scores in validation, at least one, and mark the step whose weights were kept."""
    points = [
        _Point(one.step, one.score, f"step {one.step}\nJ&F {percent(one.score)}") for one in validations
    ]
    best = max(points, key=lambda point: point.value)
    described = (
        f"J&F in validation, per cent, over {num_steps:,} steps: best {percent(best.value)} after step "
        f"{best.step}, last {percent(points[-1].value)}."
    )
    levels = [(level, f"{100 * level:.0f}") for level in _PERCENT_LEVELS]
    return _chart("J&F in validation", described, {"figure": points}, levels, num_steps, kept)


def _chart(
    measure: str,
    description: str,
    curves: Mapping[str, Sequence[_Point]],
    levels: Sequence[tuple[float, str]],
    num_steps: int,
    kept: int | None = None,
) -> CurveChart:
    """Lay out curves by their style; the points of the last one have tooltips."""
    low, high = levels[0][0], levels[-1][0]

    def across(step: float) -> float:
        return round(LEFT + step / num_steps * (WIDTH - LEFT - RIGHT), 1)

    def up(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def line(style: str, points: Sequence[_Point]) -> Line:
        return Line(measure, style, " ".join(f"{across(one.step)},{up(one.value)}" for one in points))

    with_tooltips = list(curves.values())[-1]
    # The band of a point reaches half of the way to its neighbours.
    between = [(one.step + other.step) / 2 for one, other in itertools.pairwise(with_tooltips)]
    borders = [across(border) for border in (0, *between, num_steps)]
    return CurveChart(
        measure=measure,
        description=description,
        lines=tuple(line(style, points) for style, points in curves.items()),
        bands=tuple(
            Band(left, round(right - left, 1), point.text)
            for (left, right), point in zip(itertools.pairwise(borders), with_tooltips, strict=True)
        ),
        frames=tuple(Tick(across(step), f"{step:,}") for step in tick_frames(num_steps + 1)),
        levels=tuple(Tick(up(level), text) for level, text in levels),
        marks=() if kept is None else (across(kept),),
        axis="step",
    )


def _levels(low: float, high: float) -> list[float]:
    """Return values at steps of 1, 2 or 5 times a power of 10, from `low` or below to `high` or above.

    Examples
    --------
    >>> _levels(1.72, 3.1), _levels(2.0, 2.0)
    ([1.5, 2.0, 2.5, 3.0, 3.5], [2.0, 3.0])
    """
    # Nearly equal values get levels at a distance of 1.
    is_spread = high - low > 1e-6 * max(abs(low), abs(high), 1)
    magnitude = math.floor(math.log10(high - low)) - 1 if is_spread else 0
    for size in (base * 10.0**power for power in range(magnitude, magnitude + 3) for base in (1, 2, 5)):
        first, last = math.floor(low / size), math.ceil(high / size)
        last = max(last, first + 1)
        if last - first < _MOST_LEVELS:
            return [round(number * size, 9) for number in range(first, last + 1)]
    raise AssertionError(f"no levels between {low} and {high}")
