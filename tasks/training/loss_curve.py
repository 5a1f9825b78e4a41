"""The loss of a run as a small picture."""

from collections.abc import Sequence

WIDTH, HEIGHT, _MARGIN = 480, 160, 24


def loss_curve(losses: Sequence[float], most_points: int = 200) -> str:
    """Return the losses over the steps as SVG: a few points, each a mean over equally many steps.

    Examples
    --------
    >>> "polyline" in loss_curve([3.0, 2.0, 1.5])
    True
    """
    points = thinned(losses, most_points)
    low, high = min(points), max(points)
    across = (WIDTH - 2 * _MARGIN) / max(len(points) - 1, 1)
    up = (HEIGHT - 2 * _MARGIN) / ((high - low) or 1.0)
    line = " ".join(
        f"{_MARGIN + across * place:.1f},{HEIGHT - _MARGIN - up * (value - low):.1f}"
        for place, value in enumerate(points)
    )
    style = 'font-family="sans-serif" font-size="11" fill="#777"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}"><title>loss over {len(losses)} steps</title>'
        f'<polyline points="{line}" fill="none" stroke="#2b7bba" stroke-width="1.5"/>'
        f'<text x="{_MARGIN}" y="14" {style}>loss {high:.3f}</text>'
        f'<text x="{_MARGIN}" y="{HEIGHT - 6}" {style}>{low:.3f}</text>'
        f'<text x="{WIDTH - _MARGIN}" y="{HEIGHT - 6}" text-anchor="end" {style}>step {len(losses)}</text>'
        "</svg>"
    )


def thinned(losses: Sequence[float], most_points: int = 200) -> list[float]:
    """Return at most `most_points` losses, each a mean over equally many steps, the last perhaps over fewer.

    Examples
    --------
    >>> thinned([3.0, 1.0, 2.0, 4.0, 5.0], 3)
    [2.0, 3.0, 5.0]
    """
    size = steps_of_a_point(len(losses), most_points)
    parts = (losses[start : start + size] for start in range(0, len(losses), size))
    return [sum(part) / len(part) for part in parts]


def steps_of_a_point(num_losses: int, most_points: int = 200) -> int:
    """Return the number of steps over which each loss of `thinned` is a mean."""
    return -(-num_losses // most_points)
