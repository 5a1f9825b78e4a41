import hashlib
import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.planning.shard_assignment import assign_in_order, assign_to_shards, shards_of_stage
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


class Films:
    """A stage whose rows follow each other in a film."""

    most_rows_per_shard = 4

    def place(self, plan: RowPlan) -> tuple[str, int]:
        return plan.source_ids[0], plan.decided["first"]


def film_rows(lengths: Sequence[int]) -> list[KeyedRow]:
    return [
        KeyedRow(
            RowPlan(
                sample_id=hashlib.sha256(f"{film} {first}".encode()).hexdigest(),
                source_ids=(f"film {film}",),
                decided={"first": first},
            ),
            key=f"key {film} {first}",
        )
        for film, length in enumerate(lengths)
        for first in range(length)
    ]


@quick
@given(
    lengths=st.lists(st.integers(1, 30), max_size=12),
    rows_per_shard=st.integers(1, 9),
    seed=st.integers(0, 9),
)
def test_rows_of_a_film_lie_in_shards_that_follow_each_other(lengths, rows_per_shard, seed):
    planned = film_rows(lengths)
    shuffled = list(planned)
    random.Random(seed).shuffle(shuffled)
    shards = assign_in_order(Films(), shuffled, rows_per_shard)
    assert shards == shards_of_stage(Films(), planned, rows_per_shard)
    assert all(0 < len(shard) <= min(4, rows_per_shard) for shard in shards)
    assert all(shard == sorted(shard, key=lambda row: row.plan.sample_id) for shard in shards)
    in_order = [row for shard in shards for row in sorted(shard, key=lambda row: Films().place(row.plan))]
    assert sorted(row.key for row in in_order) == sorted(row.key for row in planned)
    places = [row.plan.source_ids for row in in_order]
    assert len([place for place, after in itertools.pairwise(places) if place != after]) == max(
        0, len(lengths) - 1
    )
    for film, length in enumerate(lengths):
        of_film = [row.plan.decided["first"] for row in in_order if row.plan.source_ids == (f"film {film}",)]
        assert of_film == list(range(length))


def test_other_stages_are_assigned_by_their_own_names():
    assert shards_of_stage(object(), rows(range(20)), 4) == assign_to_shards(rows(range(20)), 4)
