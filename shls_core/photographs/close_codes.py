"""Pairs of 64-bit codes that differ in few bits, found by blocks of equal bits: not all pairs are compared.

Two codes that differ in k bits at most agree in at least b - k of any b blocks into which their bits are cut:
each differing bit spoils one block. So for every choice of b - k blocks, codes are sorted by the bits of
those blocks, and only codes with the same bits there are compared. Every close pair meets for at least one
choice, whatever b is; b decides the work alone.

References
----------
.. [1] M. Norouzi, A. Punjani, D. J. Fleet, "Fast Search in Hamming Space with Multi-Index Hashing",
   CVPR 2012, https://doi.org/10.1109/CVPR.2012.6248043
.. [2] G. S. Manku, A. Jain, A. Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007,
   https://doi.org/10.1145/1242572.1242592 (all choices of several blocks).
"""

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb

import numpy as np
import numpy.typing as npt

CODE_BITS = 64
_MOST_BLOCKS = 16
_SORT_COST = 8.0
"""Time to sort one code, in comparisons of two codes: measured."""
_AT_ONCE = 1 << 22
"""Pairs that are compared in one step: some 100 MB."""


def close_pairs(codes: npt.NDArray[np.uint64], max_bits: int) -> npt.NDArray[np.int64]:
    """Return the pairs (n, 2) of places, first below second and ascending, of codes that are close.

    Parameters
    ----------
    codes
        (m,) codes; equal ones are close, too.
    max_bits
        The most bits in which close codes differ, 0..64.
    """
    found = [np.empty(0, dtype=np.int64)]
    count = len(codes)
    for mask in _masks(num_blocks(count, max_bits), max_bits):
        kept = codes & mask
        order = np.argsort(kept, kind="stable")
        for first, second in _pairs_of_equals(kept[order]):
            left, right = order[first], order[second]
            is_close = np.bitwise_count(codes[left] ^ codes[right]) <= max_bits
            left, right = left[is_close], right[is_close]
            found.append(np.minimum(left, right) * count + np.maximum(left, right))
    places = np.unique(np.concatenate(found))
    return np.stack(np.divmod(places, max(count, 1)), axis=1)


def num_blocks(count: int, max_bits: int) -> int:
    """Return into how many blocks to cut `count` codes: as many as give the least work for random codes.

    One more than `max_bits` at least; `max_bits` itself means that all pairs are compared.
    """
    return min(
        range(max_bits, max(max_bits, _MOST_BLOCKS) + 1), key=lambda blocks: _work(count, max_bits, blocks)
    )


def _work(count: int, max_bits: int, blocks: int) -> float:
    choices, kept_bits = comb(blocks, max_bits), CODE_BITS * (blocks - max_bits) // max(blocks, 1)
    return float(choices) * count * (_SORT_COST + count / 2.0 ** (kept_bits + 1))


def _masks(blocks: int, max_bits: int) -> Iterator[np.uint64]:
    """Yield the bits of every choice of all blocks but `max_bits`."""
    ends = [CODE_BITS * block // max(blocks, 1) for block in range(blocks + 1)]
    of_block = [(1 << end) - (1 << start) for start, end in pairwise(ends)]
    for chosen in combinations(of_block, blocks - max_bits):
        yield np.uint64(sum(chosen))


def _pairs_of_equals(
    values: npt.NDArray[np.uint64],
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield all pairs of places with equal values, the values being sorted, some at a time."""
    is_first = np.concatenate([[True], values[1:] != values[:-1]]) if len(values) else np.empty(0, np.bool_)
    starts = np.flatnonzero(is_first)
    lengths = np.diff(starts, append=len(values))
    # Places after each that have its value: of a run of 4, these are 3, 2, 1, 0.
    after = np.repeat(starts + lengths, lengths) - np.arange(len(values)) - 1
    first = np.flatnonzero(after)
    ends = np.cumsum(after[first])
    begin = 0
    while begin < len(first):
        done = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + _AT_ONCE, side="right")))
        some = first[begin:end]
        left = np.repeat(some, after[some])
        within = np.arange(len(left)) - np.repeat(ends[begin:end] - after[some] - done, after[some])
        yield left, left + 1 + within
        begin = end
