"""Scenes and groups are those of `near_duplicates`, which rows are made by."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shls_core.photographs.near_duplicates import group_scenes, near_duplicate_groups, near_duplicate_pairs
from shls_core.photographs.scene_groups import alike_groups, alike_pairs, joined_scenes

# Few distinct bits, so that near ones occur, in the first and the last of all.
HASHES = st.lists(
    st.none()
    | st.tuples(st.integers(0, 63), st.integers(0, 15)).map(lambda bits: f"{bits[0]:02x}{bits[1]:014x}"),
    max_size=14,
)


@given(HASHES, st.integers(0, 8), st.data())
def test_scenes_and_groups_are_those_that_rows_are_made_by(hashes, max_bits, data):
    scenes = data.draw(st.lists(st.sampled_from("abcdefgh"), min_size=len(hashes), max_size=len(hashes)))
    assert joined_scenes(scenes, hashes, max_bits) == group_scenes(scenes, hashes, max_bits)
    assert alike_groups(hashes, max_bits) == near_duplicate_groups(hashes, max_bits)
    both = (alike_pairs(hashes, max_bits), near_duplicate_pairs(hashes, max_bits))
    assert len(set(map(tuple, both[0].tolist())) ^ set(map(tuple, both[1].tolist()))) == 0


def test_thousands_of_hashes_give_the_same_groups():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2**64, 5000, dtype=np.uint64)
    codes[1000:1500] = codes[:500] ^ np.uint64(0b1011)
    codes[2000:2100] = codes[:100] ^ np.uint64((0b11 << 62) | 1)
    hashes = [f"{code:016x}" for code in codes.tolist()]
    groups = alike_groups(hashes, 4)
    assert groups == near_duplicate_groups(hashes, 4)
    assert len(groups) >= 500
