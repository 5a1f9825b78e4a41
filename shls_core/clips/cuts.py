"""Where a video is cut: by how much its frames change, compared with the frames around them."""

from collections.abc import Sequence

import numpy as np

from shls_core.clips.config import ClipsConfig

ALWAYS_A_CUT = 1.0
"""The change of a frame that does not follow on the one before it: frames between them are missing."""

_NEIGHBOURS_EACH_SIDE = 4
_OTHER_PICTURE_BITS = 24
_OTHER_PICTURE_CHANGE = 0.3
_OTHER_PICTURE_RATIO = 2.0


def cuts(changes: Sequence[float], hashes: Sequence[str | None], config: ClipsConfig) -> list[int]:
    """Return the numbers of the frames before which there is a cut, in ascending order.

    There is one if the change exceeds `config.cut_change`, and `config.cut_ratio` times the median change of
    the eight frames around it; or if the perceptual hashes differ in 24 of 64 bits and the change exceeds
    0.3, and twice that median; or if the change is 1. docs/results/clips.md says how well that works.

    Parameters
    ----------
    changes
        Of each frame from the one before it, 0..1; that of the first frame is not looked at.
    hashes
        Perceptual hash of each frame, in hexadecimal; None for a flat one.
    config
        The bounds.

    Examples
    --------
    >>> cuts([0.0, 0.1, 0.1, 0.9, 0.1, 0.1], [None] * 6, ClipsConfig())
    [3]
    """
    return [number for number in range(1, len(changes)) if _is_cut(number, changes, hashes, config)]


def _is_cut(number: int, changes: Sequence[float], hashes: Sequence[str | None], config: ClipsConfig) -> bool:
    here = changes[number]
    if here >= ALWAYS_A_CUT:
        return True
    usual = _usual(number, changes)
    if here > config.cut_change and here > config.cut_ratio * usual:
        return True
    is_other_picture = _bits(hashes[number - 1], hashes[number]) >= _OTHER_PICTURE_BITS
    return is_other_picture and here > max(_OTHER_PICTURE_CHANGE, _OTHER_PICTURE_RATIO * usual)


def _usual(number: int, changes: Sequence[float]) -> float:
    """Return the median change of the frames around one; 0 where there is none."""
    around = [
        *changes[max(1, number - _NEIGHBOURS_EACH_SIDE) : number],
        *changes[number + 1 : number + 1 + _NEIGHBOURS_EACH_SIDE],
    ]
    return float(np.median(around)) if around else 0.0


def _bits(one: str | None, other: str | None) -> int:
    """Return in how many bits two hashes differ; 0 where one is not known."""
    return 0 if one is None or other is None else (int(one, 16) ^ int(other, 16)).bit_count()
