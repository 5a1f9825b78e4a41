"""The scores of all objects on one axis: one dot each, stacked where they would cover each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.reports.charts import Tick

_WIDTH, _MARGIN, _FEET = 300, 14, 18
_LEAST_HEIGHT = 84
_NUM_PLACES = 34
_TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Dot:
    """One object, and its tooltip."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class SpreadChart:
    """Dots over an axis of 0..100 per cent, in the chart's own units."""

    description: str
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    height: float
    bottom: float
    radius: float
    width: float = _WIDTH


def spread_chart(scores: Sequence[tuple[str, float]]) -> SpreadChart:
    """Lay out the scores of objects.

    Parameters
    ----------
    scores
        Name and J&F (0..1) of every object, at least one.
    """
    step = (_WIDTH - 2 * _MARGIN) / _NUM_PLACES
    places = [round(score * _NUM_PLACES) for _, score in scores]
    height = max(_LEAST_HEIGHT, _FEET + step * (max(Counter(places).values()) + 1))
    bottom = height - _FEET
    stacked: Counter[int] = Counter()
    dots = []
    for place, (name, score) in zip(places, scores, strict=True):
        x, y = _MARGIN + place * step, bottom - (stacked[place] + 0.5) * step
        dots.append(Dot(round(x, 1), round(y, 1), f"{name}: {100 * score:.1f}"))
        stacked[place] += 1
    values = sorted(score for _, score in scores)
    return SpreadChart(
        description=f"J&F of {len(scores)} objects in per cent: lowest {100 * values[0]:.0f}, "
        f"middle {100 * values[len(values) // 2]:.0f}, highest {100 * values[-1]:.0f}.",
        dots=tuple(dots),
        ticks=tuple(
            Tick(round(_MARGIN + level / 100 * (_WIDTH - 2 * _MARGIN), 1), str(level)) for level in _TICKS
        ),
        height=round(height, 1),
        bottom=round(bottom, 1),
        radius=round(0.46 * step, 1),
    )
