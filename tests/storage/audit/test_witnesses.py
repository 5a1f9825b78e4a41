"""A row that is taken out of one table, changed in it or put into it is missed or not known in the other."""

from dataclasses import replace

import pytest

from storage.audit.history import read_history
from storage.audit.witnesses import history_problems
from storage.tables.ledger import FIRST

NAMES = ("photos@v1", "photos@v2", "mine@v1", "photos@v3")
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def used(store, record_run):
    """A store in which two datasets were published, one was tagged, and a name was rolled back."""
    for digest in (A, B):
        name = store.names.publish("photos", digest)
        record_run(store, "dataset", outputs=[digest], verdict="passed", details={"name": name})
    name = store.names.tag("mine", A)
    record_run(store, "tag", outputs=[A], details={"name": name})
    name = store.names.roll_back("photos")
    record_run(store, "rollback", outputs=[A], details={"name": name})
    return store


def told(history, **options):
    return [(problem.kind, problem.part_of, problem.what) for problem in history_problems(history, **options)]


def without(rows, place):
    """The rows without one of them, numbered as if it had never been."""
    left = [row for number, row in enumerate(rows) if number != place]
    return tuple(row | {"number": number} for number, row in enumerate(left, 1))


def test_namings_know_the_head_of_their_time(used):
    history = read_history(used)
    entries = [run["entry"] for run in history.runs]
    assert [row["ledger_head"] for row in history.namings] == [FIRST, *entries[:3]]
    assert history.head == entries[-1] == used.ledger.head()
    assert told(history) == []


def test_an_empty_store_has_an_intact_history(store):
    assert told(read_history(store)) == []
    assert store.ledger.head() == FIRST


@pytest.mark.parametrize(("place", "name"), list(enumerate(NAMES)))
def test_a_naming_that_was_taken_out_is_missed_by_its_run(used, place, name):
    history = read_history(used)
    rest = without(history.namings, place)
    found = told(replace(history, namings=rest, namings_after=rest))
    assert any(part_of == name and "gave this name" in what for _, part_of, what in found)


@pytest.mark.parametrize(("place", "name"), list(enumerate(NAMES)))
def test_a_run_that_was_taken_out_is_missed_by_its_naming(used, place, name):
    history = read_history(used)
    rest = tuple(run for number, run in enumerate(history.runs) if number != place)
    found = told(replace(history, runs=rest))
    assert any(part_of == name and "no run in the ledger since gave it" in what for _, part_of, what in found)


def test_a_naming_that_was_changed_is_not_what_its_run_noted(used):
    history = read_history(used)
    forged = (history.namings[0] | {"digest": C}, *history.namings[1:])
    found = told(replace(history, namings=forged, namings_after=forged))
    assert {kind for kind, *_ in found} == {"tables disagree"}
    assert [what for _, _, what in found] == [
        f"it means {C[:12]}…, and no run in the ledger since gave it",
        f"run a dataset gave this name, it means {C[:12]}… there",
        "run a dataset saw other rows",
    ]


@pytest.mark.parametrize("gap", ["number", "version"])
def test_rows_and_versions_are_counted_without_gaps(used, gap):
    history = read_history(used)
    forged = (*history.namings[:3], history.namings[3] | {gap: 9})
    assert any("expected" in what for _, _, what in told(replace(history, namings=forged)))


def test_a_ledger_that_was_written_anew_lacks_the_entries_that_namings_stand_on(used):
    history = read_history(used)
    forged = tuple(run | {"entry": f"{number:064d}"} for number, run in enumerate(history.runs, 1))
    found = [what for _, part_of, what in told(replace(history, runs=forged)) if part_of == "mine@v1"]
    assert found == [
        f"the ledger had the entry {history.runs[1]['entry'][:12]}… when it was given, and has it no more"
    ]


def test_a_naming_from_before_heads_were_kept_needs_a_build_alone(used, record_run):
    history = read_history(used)
    old = tuple(row | {"ledger_head": None} for row in history.namings)
    assert told(replace(history, namings=old)) == []
    without_build = tuple(run for run in history.runs if run["outputs"] != [B])
    found = told(replace(history, namings=old, runs=without_build))
    assert any(part_of == "photos@v2" for _, part_of, _ in found)


def test_a_naming_without_a_head_among_others_was_put_in(used):
    history = read_history(used)
    forged = (*history.namings[:2], history.namings[2] | {"ledger_head": None}, history.namings[3])
    assert told(replace(history, namings=forged)) == [
        ("tables disagree", "mine@v1", "it says no head of the ledger, as all namings before it do")
    ]


def test_a_build_that_ended_right_after_it_gave_a_name_is_no_tampering(store, record_run):
    store.names.publish("photos", A)
    record_run(store, "dataset", status="failed", error="KeyboardInterrupt: ", outputs=[A], verdict="passed")
    assert told(read_history(store)) == []


def test_a_build_that_found_the_name_given_notes_it_too(used, record_run):
    record_run(used, "dataset", outputs=[A], details={"name": used.names.publish("photos", A)})
    assert len(used.names.rows()) == 4
    assert told(read_history(used)) == []


def test_what_gc_removed_is_witnessed_by_its_run(used, record_run):
    used.names.mark_removed(used.names.rows()[1])
    assert [what for _, _, what in told(read_history(used))] == [
        "it is said to be removed, by no run in the ledger"
    ]
    record_run(used, "gc", details={"datasets": [B]})
    assert told(read_history(used)) == []


def test_an_expected_head_has_to_be_an_entry(used):
    history = read_history(used)
    for run in history.runs:
        assert told(history, expected_head=run["entry"][:12]) == []
        assert told(history, expected_head=run["entry"]) == []
    cut = replace(history, runs=history.runs[:3])
    ((kind, _, what),) = [
        problem for problem in told(cut, expected_head=history.head) if problem[0] == "unknown head"
    ]
    assert (kind, what) == ("unknown head", f"expected an entry {history.head[:12]}…, found 3 others")


def test_a_history_that_cannot_be_read_is_one_problem(used):
    log = used.root / "ledger" / "runs" / "_delta_log"
    (log / f"{2:020d}.json").unlink()
    history = read_history(used)
    assert not history.is_readable
    assert [(kind, part_of) for kind, part_of, _ in told(history)] == [
        ("broken ledger", "the table runs"),
        ("broken ledger", "the history of the store"),
    ]
