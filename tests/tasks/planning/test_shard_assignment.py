import hashlib
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.planning.shard_assignment import assign_to_shards
from tasks.planning.shard_job import KeyedRow
from tasks.stages.stage import RowPlan

quick = settings(max_examples=50)
SETS = st.sets(st.integers(0, 10_000), max_size=80)


def rows(ids) -> list[KeyedRow]:
    return [
        KeyedRow(RowPlan(sample_id=f"{number:064x}", source_ids=()), key=f"key {number}") for number in ids
    ]


def ids(shards: Sequence[Sequence[KeyedRow]]) -> list[list[str]]:
    return [[row.plan.sample_id for row in shard] for shard in shards]


def expected_shards(present: list[str], rows_per_shard: int) -> list[list[str]]:
    """The rule of the design, word by word, by the binary digits of the hash."""
    num_bits = 0
    while 2**num_bits < len(present) / rows_per_shard:
        num_bits += 1
    by_bits: dict[str, list[str]] = {}
    for sample_id in sorted(present):
        digest = int(hashlib.sha256(sample_id.encode()).hexdigest(), 16)
        by_bits.setdefault(f"{digest:0256b}"[:num_bits], []).append(sample_id)
    return [by_bits[bits] for bits in sorted(by_bits)]


@quick
@given(present=SETS, rows_per_shard=st.integers(1, 20))
def test_assignment_follows_the_rule(present, rows_per_shard):
    shards = ids(assign_to_shards(rows(present), rows_per_shard))
    assert shards == expected_shards([row.plan.sample_id for row in rows(present)], rows_per_shard)


@quick
@given(present=SETS, seed=st.integers(0, 100))
def test_the_order_of_planning_changes_nothing(present, seed):
    shuffled = rows(present)
    random.Random(seed).shuffle(shuffled)
    assert assign_to_shards(shuffled, 4) == assign_to_shards(rows(present), 4)


@quick
@given(present=SETS, added=SETS)
def test_adding_rows_and_removing_them_again_gives_the_earlier_shards(present, added):
    before = assign_to_shards(rows(present), 4)
    assign_to_shards(rows(present | added), 4)
    assert assign_to_shards(rows((present | added) - (added - present)), 4) == before


@quick
@given(present=SETS, one=st.integers(20_000, 20_100))
def test_one_row_more_touches_one_shard_unless_their_number_doubles(present, one):
    before, after = (ids(assign_to_shards(rows(chosen), 4)) for chosen in (present, present | {one}))
    if len(present) not in (4, 8, 16, 32, 64):
        assert sum(shard in before for shard in after) == len(after) - 1


@pytest.mark.parametrize(
    ("num_rows", "rows_per_shard", "num_slots"),
    [
        (0, 4, 1),
        (1, 4, 1),
        (4, 4, 1),
        (5, 4, 2),
        (8, 4, 2),
        (9, 4, 4),
        (1000, 256, 4),
        (1025, 256, 8),
        (3, 1, 4),
    ],
)
def test_the_number_of_shards_is_a_power_of_two(num_rows, rows_per_shard, num_slots):
    shards = assign_to_shards(rows(range(num_rows)), rows_per_shard)
    assert len(shards) <= num_slots
    assert sum(map(len, shards)) == num_rows
    assert all(shards)
    if num_rows >= 1000:  # enough that no slot stays empty, and shards are of about one size
        assert len(shards) == num_slots
        assert max(map(len, shards)) < 1.25 * num_rows / num_slots
