from datetime import UTC, datetime, timedelta, timezone

import obstore
import pytest

from storage.canonical import digest_json
from storage.provenance.environment import Environment
from storage.tables.ledger import Run

ENVIRONMENT = Environment(
    user=None, host="here", code_commit="c" * 40, code_dirty=True, lock_digest="1" * 64
)  # fmt: skip
RUN = Run(
    run_id="run 1",
    kind="dataset",
    status="completed",
    started_at=datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC),
    seconds=0.1 + 0.2,
    configuration={"staging": {"seed": 1, "share": 0.1}, "name": "größer"},
    seed=2**63 - 1,
    inputs=("a", "b"),
    outputs=("c",),
    verdict="passed",
    details={"stages": [{"rows": 3}]},
)
FAILED = RUN.model_copy(
    update={"status": "failed", "error": "InputError: no", "outputs": (), "verdict": None}
)


@pytest.fixture
def store(any_store):
    return any_store


@pytest.fixture
def entries(store):
    heads = [store.ledger.record(run, ENVIRONMENT) for run in (RUN, FAILED, RUN)]
    rows = store.ledger.runs()
    assert [row["entry"] for row in rows] == heads
    return rows


def broken_links(rows):
    """Numbers of the rows that do not hash to their entry, or do not name the entry before."""
    previous, broken = "0" * 64, []
    for row in rows:
        content = {key: value for key, value in row.items() if key not in ("number", "entry")}
        if row["previous"] != previous or digest_json(content) != row["entry"]:
            broken.append(row["number"])
        previous = row["entry"]
    return broken


def test_the_chain_of_entries_holds(entries):
    assert broken_links(entries) == []
    assert len({row["entry"] for row in entries}) == 3


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize(
    "change", [{"status": "completed"}, {"seconds": 9.0}, {"outputs": ["d"]}, {"error": None}, {"host": "x"}]
)
def test_a_changed_entry_breaks_the_chain(entries, change):
    assert broken_links([entries[0], entries[1] | change, entries[2]]) == [2]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_removed_entry_breaks_the_chain(entries):
    assert broken_links([entries[0], entries[2]]) == [3]
    assert broken_links(entries[1:]) == [2]


def test_an_entry_says_who_what_when_where_and_from_what(entries):
    first, second, _ = entries
    assert first["started_at"] == "2026-01-02T03:04:05.678+00:00"
    assert (first["user"], first["host"], first["code_dirty"]) == (None, "here", True)
    assert first["configuration"] == '{"name": "gr\\u00f6\\u00dfer", "staging": {"seed": 1, "share": 0.1}}'
    assert (first["seed"], first["seconds"]) == (2**63 - 1, 0.1 + 0.2)
    assert (first["inputs"], first["outputs"], first["verdict"]) == (["a", "b"], ["c"], "passed")
    assert first["details"] == '{"stages": [{"rows": 3}]}'
    assert (second["status"], second["error"], second["outputs"]) == ("failed", "InputError: no", [])


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_times_are_kept_in_utc(store):
    there = RUN.started_at.astimezone(timezone(timedelta(hours=9)))
    store.ledger.record(RUN.model_copy(update={"started_at": there}), ENVIRONMENT)
    assert store.ledger.runs()[0]["started_at"] == "2026-01-02T03:04:05.678+00:00"


def test_no_runs_no_table(store):
    assert store.ledger.runs() == []
    assert obstore.list(store.backend, "ledger").collect() == []
