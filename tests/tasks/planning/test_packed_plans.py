import pickle

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from storage.rows.accepted_table import AcceptedTable
from storage.rows.stage_artifact import RowAddress
from tasks.planning.packed_plans import KeyedPlans, PackedPlans, ShardRows, keyed_row, packed
from tasks.planning.shard_assignment import assign_to_shards, places_by_shard
from tasks.planning.shard_job import KeyedRow, KnownRow
from tasks.stages.stage import RowPlan

NAMES = st.one_of(
    st.integers(0, 40).map(lambda number: f"{number:064x}"), st.text("aF0ä\0x", min_size=1, max_size=70)
)
DECIDED = st.dictionaries(
    st.text(max_size=5), st.recursive(st.none() | st.integers() | NAMES, st.lists, max_leaves=4)
)
PLANS = st.lists(
    st.builds(
        RowPlan, NAMES, st.lists(NAMES, max_size=3).map(tuple), st.just(()), DECIDED, st.none() | NAMES
    ),
    max_size=12,
    unique_by=lambda plan: plan.sample_id,
)
TABLE = AcceptedTable(
    "ingest",
    ["s" * 64],
    pa.table(
        {
            "sample_id": [f"{number:064x}" for number in range(5)],
            "digest": [*(f"{number + 100:064x}" for number in range(4)), "to be made: " + "f" * 64],
            "shard": pa.array([0, 0, 0, 0, None], pa.int32()),
            "index": pa.array([0, 1, 2, 3, -1], pa.int32()),
        }
    ),
)


@given(PLANS)
def test_what_is_packed_is_what_is_unpacked(plans):
    found = packed(plans)
    assert list(found) == plans
    assert found[1:] == plans[1:]
    assert [found.sample_id(place) for place in range(len(plans))] == [plan.sample_id for plan in plans]
    assert [found.key(place, "m") for place in range(len(plans))] == [
        keyed_row(plan, "m").key for plan in plans
    ]


def test_more_rows_than_a_block_holds():
    plans = [RowPlan(f"{number:064x}", (f"{number:064x}",), decided={"n": number}) for number in range(2500)]
    found = packed(plans)
    assert list(found) == plans
    assert found[-1] == plans[-1]
    assert len(found) == 2500


@given(st.lists(st.integers(0, 4), max_size=6))
def test_rows_that_are_read_are_kept_by_place(places):
    found = PackedPlans({"ingest": TABLE})
    found.add(RowPlan("a" * 64, (), decided={"x": [1]}), [("ingest", place) for place in places])
    expected = RowPlan("a" * 64, (), tuple(TABLE.address(place) for place in places), {"x": [1]})
    assert found[0] == expected
    assert found.key(0, "m") == keyed_row(expected, "m").key


def test_an_address_is_that_of_the_row():
    assert TABLE.address(2) == RowAddress("ingest", f"{2:064x}", f"{102:064x}", "s" * 64, 2)
    assert TABLE.address(4) == RowAddress("ingest", f"{4:064x}", "to be made: " + "f" * 64, "", -1)
    assert [address for address, _ in TABLE.items(1, 2)] == [TABLE.address(1), TABLE.address(2)]


@given(PLANS, st.integers(1, 4))
def test_rows_are_grouped_into_the_same_shards(plans, rows_per_shard):
    plans = [plan for plan in plans if "\0" not in plan.sample_id]
    keyed = KeyedPlans(packed(plans), "m")
    names = [plan.sample_id for plan in plans]
    groups = [ShardRows(keyed, places) for places in places_by_shard(names, rows_per_shard)]
    expected = assign_to_shards([keyed_row(plan, "m") for plan in plans], rows_per_shard)
    assert [list(group) for group in groups] == expected
    assert [group.keys() for group in groups] == [[row.key for row in group] for group in expected]


def test_rows_of_a_shard_are_sent_to_workers_whole():
    plans = [RowPlan(f"{number:064x}", ()) for number in range(3)]
    rows = ShardRows(KeyedPlans(packed(plans), "m"), [2, 0])
    known = rows.with_known({rows.keys()[1]: KnownRow("s", 4), "other": KnownRow("s", 5)})
    assert (rows.num_known, known.num_known) == (0, 1)
    sent = pickle.loads(pickle.dumps(known))
    assert sent == [keyed_row(plans[2], "m"), KeyedRow(plans[0], rows.keys()[1], KnownRow("s", 4))]
