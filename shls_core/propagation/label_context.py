"""Which earlier frames give labels to a frame, and how often each of them counts."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class ContextUse:
    """How a frame is used as context of another one.

    Attributes
    ----------
    number : int
        Of the frame, from 0.
    multiplicity : int
        How often it counts, at least 1.
    is_unrestricted : bool
        Whether one of these times counts for all cells, wherever they are; the others count inside the
        window only.
    """

    number: int
    multiplicity: int
    is_unrestricted: bool


def context_of(
    number: int, start: int, size: int, *, is_unrestricted: bool = True, again: Collection[int] = ()
) -> list[ContextUse]:
    """Return the context of a frame for objects that were first given at frame `start`.

    The context is the start frame and the `size` frames before the current one. The start frame replaces
    every frame before it: at frame `start + t` it counts 1 + max(0, size + 1 - t) times.

    Parameters
    ----------
    number
        Of the current frame, from 0, above `start` and `again`.
    start
        The frame at which the objects were given.
    size
        Frames before the current one.
    is_unrestricted
        Whether the start frame and those of `again` count once for all cells.
    again
        Later frames at which the objects were given again; each counts one more time.

    Returns
    -------
    list of ContextUse
        Distinct frames, the oldest first.

    References
    ----------
    Araslanov et al., "Dense Unsupervised Learning for Video Segmentation", 2021,
    https://arxiv.org/abs/2111.06265, section 4.

    Examples
    --------
    >>> [(use.number, use.multiplicity) for use in context_of(2, start=0, size=4)]
    [(0, 4), (1, 1)]
    """
    given = {start, *again}
    assert max(given) < number
    counts = Counter(given)
    counts.update(max(earlier, start) for earlier in range(number - size, number))
    return [ContextUse(n, counts[n], is_unrestricted and n in given) for n in sorted(counts)]
