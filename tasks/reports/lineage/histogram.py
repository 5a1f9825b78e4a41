"""The distribution of a column's values, as geometry; ``lineage_parts.html`` draws it as inline SVG."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.reports.page import counted, figure

_WIDTH, _HEIGHT = 160, 44
_MOST_BARS = 20
_GAP = 1.0
_LEAST_HEIGHT = 1.5
"""Of the bar of a single row among thousands, so that it can be seen."""


@dataclass(frozen=True)
class Bar:
    """Rows whose values are next to each other, and their tooltip."""

    left: float
    top: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """Bars over the values of one column, in the chart's own units, and the range in figures."""

    name: str
    description: str
    bars: tuple[Bar, ...]
    low: str
    mean: str
    high: str
    width: float = _WIDTH
    height: float = _HEIGHT


def histogram(name: str, values: npt.NDArray[np.number]) -> Histogram:
    """Lay out the distribution of the values of a column.

    Parameters
    ----------
    name
        Of the column.
    values
        At least one. Whole numbers of a short range get a bar each.
    """
    edges, is_counted = _edges(values)
    counts = np.histogram(values, edges)[0]
    step = _WIDTH / len(counts)
    heights = np.where(counts > 0, np.maximum(counts / counts.max() * _HEIGHT, _LEAST_HEIGHT), 0)
    bars = tuple(
        Bar(
            left=round(place * step + _GAP / 2, 2),
            top=round(_HEIGHT - float(heights[place]), 2),
            width=round(step - _GAP, 2),
            height=round(float(heights[place]), 2),
            text=f"{_place(edges[place], edges[place + 1], is_counted)}: {counted(int(count), 'row')}",
        )
        for place, count in enumerate(counts)
        if count
    )
    low, mean, high = (figure(float(value)) for value in (values.min(), values.mean(), values.max()))
    described = f"{name} of {counted(len(values), 'row')}: lowest {low}, mean {mean}, highest {high}"
    return Histogram(name, described, bars, low, mean, high)


def _edges(values: npt.NDArray[np.number]) -> tuple[npt.NDArray[np.float64], bool]:
    """Return where bars begin and end, and whether each bar is for one whole number."""
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.integer) and high - low < _MOST_BARS:
        return np.arange(low, high + 2) - 0.5, True
    if low == high:
        return np.array([low, np.nextafter(low, np.inf)]), False
    return np.linspace(low, high, _MOST_BARS + 1), False


def _place(begin: float, end: float, is_counted: bool) -> str:
    return figure((begin + end) / 2) if is_counted else f"{figure(begin)} to {figure(end)}"
