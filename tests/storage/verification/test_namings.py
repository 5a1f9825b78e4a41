"""Whatever is changed in the names table, an entry of the ledger saw it otherwise."""

from datetime import UTC, datetime

import pytest

from storage.provenance.environment import current_environment
from storage.tables.ledger import Run, entry_digest
from storage.verification.namings import changed_namings, unwitnessed
from storage.verification.tables import broken_entries
from storage.verification.verify import verify_store

A, B, C = "a" * 64, "b" * 64, "c" * 64


def record(store):
    started_at = datetime(2026, 1, 2, tzinfo=UTC)
    run = Run(run_id="r", kind="gc", status="completed", started_at=started_at, seconds=1, configuration={})
    store.ledger.record(run, current_environment())


@pytest.fixture
def used(store):
    """A store with three namings; runs saw the first, and all of them."""
    store.names.publish("photos", A)
    record(store)
    store.names.publish("photos", B)
    store.names.tag("mine", A)
    record(store)
    return store


def told(runs, namings):
    return [(problem.part_of, problem.what) for problem in changed_namings(runs, namings)]


def test_namings_are_as_runs_saw_them(used):
    runs, namings = used.ledger.runs(), used.names.all_rows()
    assert told(runs, namings) == []
    assert broken_entries(runs) == []
    assert [run["namings"] for run in runs] == [1, 3]
    assert unwitnessed(runs, namings) == 0
    used.names.publish("photos", C)
    assert told(runs, used.names.all_rows()) == []
    assert unwitnessed(runs, used.names.all_rows()) == 1


@pytest.mark.parametrize(
    ("place", "change", "name"),
    [
        (0, {"digest": C}, "photos@v1"),
        (1, {"digest": A}, "photos@v2, mine@v1"),
        (1, {"named_at": "2020-01-01T00:00:00+00:00"}, "photos@v2, mine@v1"),
        (2, {"name": "other"}, "photos@v2, other@v1"),
        (2, {"kind": "removed"}, "photos@v2, mine@v1"),
        (2, {"ledger_head": None}, "photos@v2, mine@v1"),
    ],
)
def test_any_change_of_a_row_is_named(used, place, change, name):
    namings = used.names.all_rows()
    namings[place] = namings[place] | change
    assert told(used.ledger.runs(), namings) == [(name, "run r saw other rows")]


def test_rows_that_are_gone_are_missed(used):
    found = told(used.ledger.runs(), used.names.all_rows()[:2])
    assert found == [("photos@v2", "run r saw 3 rows, 2 are there")]


def test_an_entry_that_no_longer_says_what_it_saw_is_told(used):
    first, last = used.ledger.runs()
    silent = last | {"namings": None, "namings_digest": None}
    assert told([first, silent], used.names.all_rows()) == [
        ("run r", "it recorded no namings, as the runs before it did")
    ]
    assert len(broken_entries([first, silent])) == 1


def test_old_entries_that_saw_no_namings_are_whole(used):
    old = used.ledger.runs()[0] | {"namings": None, "namings_digest": None}
    old |= {"entry": entry_digest(old)}
    assert broken_entries([old]) == []
    assert told([old], used.names.all_rows()) == []
    assert unwitnessed([old], used.names.all_rows()) == 3


def test_verify_finds_a_naming_that_means_another_dataset(used, monkeypatch):
    assert [problem.kind for problem in verify_store(used).problems] == ["dangling name"] * 3
    rows = used.names.logged_rows()
    rows[0] = rows[0] | {"digest": B}
    monkeypatch.setattr(type(used.names), "logged_rows", lambda self: rows)
    assert "tables disagree" in [problem.kind for problem in verify_store(used).problems]
