"""Which parts of a video are used: even spans of it, and pieces of a span without a cut."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class Span(NamedTuple):
    """Frames that follow each other."""

    first: int
    length: int


def even_spans(count: int, most: int, first: int = 0) -> list[Span]:
    """Divide `count` frames into as few spans of at most `most` frames as possible, of nearly equal length.

    Examples
    --------
    >>> even_spans(65, 64)
    [Span(first=0, length=33), Span(first=33, length=32)]
    """
    number = -(-count // most)
    bounds = [first + -(-count * place // number) for place in range(number + 1)] if number else []
    return [Span(start, end - start) for start, end in pairwise(bounds)]


def pieces(count: int, cuts: Iterable[int], min_frames: int, max_frames: int) -> list[Span]:
    """Return the pieces of `count` frames between cuts, long ones divided, too short ones as they are.

    Parameters
    ----------
    count
        Number of frames.
    cuts
        Frames before which there is a cut.
    min_frames
        Below this length, a piece is too short. No piece is divided into such.
    max_frames
        Longest piece.

    Examples
    --------
    >>> pieces(50, [3], min_frames=5, max_frames=36)
    [Span(first=0, length=3), Span(first=3, length=24), Span(first=27, length=23)]
    """
    bounds = sorted({0, count, *(cut for cut in cuts if 0 < cut < count)})
    found: list[Span] = []
    for start, end in pairwise(bounds):
        parts = even_spans(end - start, max_frames, start)
        # A piece just above `max_frames` may have no two halves that are long enough: its rest is left out.
        fits = all(part.length >= min_frames for part in parts) or end - start < min_frames
        found += parts if fits else [Span(start, max_frames)]
    return found


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most `most` of some items, at even distances, from the middle of each part.

    Examples
    --------
    >>> spread("abcdefgh", 2)
    ['c', 'g']
    """
    count = min(most, len(items))
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]
