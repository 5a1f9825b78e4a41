"""Blocks of bits find exactly the pairs that a comparison of all pairs finds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shls_core.photographs import close_codes
from shls_core.photographs.close_codes import close_pairs, num_blocks

CODE = st.integers(0, 2**64 - 1)


def near(code, data):
    """The code, or one with some of its bits turned: distances around the limits occur."""
    for bit in data.draw(st.lists(st.integers(0, 63), max_size=9)):
        code ^= 1 << bit
    return code


def by_all_pairs(codes, max_bits):
    return [
        [one, other]
        for one, other in itertools.combinations(range(len(codes)), 2)
        if bin(codes[one] ^ codes[other]).count("1") <= max_bits
    ]


@given(st.lists(CODE, max_size=4), st.data(), st.integers(0, 64), st.integers(0, 9))
def test_the_pairs_are_those_of_all_pairs(bases, data, max_bits, more_blocks):
    codes = [near(base, data) for base in bases for _ in range(4)]
    found = close_pairs(np.array(codes, dtype=np.uint64), max_bits)
    assert found.tolist() == by_all_pairs(codes, max_bits)


@pytest.mark.parametrize("blocks", range(4, 17))
def test_whatever_the_blocks_the_pairs_are_the_same(blocks, monkeypatch):
    rng = np.random.default_rng(blocks)
    codes = rng.integers(0, 2**64, 60, dtype=np.uint64)
    for place in range(1, 60, 2):
        for bit in rng.choice(64, rng.integers(0, 7), replace=False).tolist():
            codes[place] = codes[place - 1] ^ np.uint64(1 << bit)
    monkeypatch.setattr(close_codes, "num_blocks", lambda count, max_bits: blocks)
    expected = by_all_pairs(codes.tolist(), 4)
    assert len(expected) > 10
    assert close_pairs(codes, 4).tolist() == expected


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_many_codes_with_the_same_block_are_compared_some_at_a_time(at_once, monkeypatch):
    monkeypatch.setattr(close_codes, "_AT_ONCE", at_once)
    codes = np.array([number << 20 for number in range(40)] * 2, dtype=np.uint64)
    assert close_pairs(codes, 2).tolist() == by_all_pairs(codes.tolist(), 2)


def test_few_codes_are_compared_with_each_other_and_many_by_more_blocks():
    assert num_blocks(10, 4) == 4
    assert [num_blocks(count, 4) for count in (10**4, 10**6, 10**8)] == [5, 6, 7]
    assert num_blocks(10**6, 64) == 64
