"""The deny list, as the ledger tells it; and what a withdrawn photograph forbids."""

import shutil

import pytest

from shls_core.errors import PhotographWithdrawn
from storage.canonical import digest_bytes
from storage.withdrawal.deny_list import counted_by_reason, listed, refuse_withdrawn, withdrawn, withdrawn_in

A, B = "a" * 64, "b" * 64


def test_nothing_is_withdrawn_from_a_store_without_a_ledger(store):
    assert withdrawn(store) == {}


def test_the_list_is_what_completed_runs_say_in_their_order(store, record_run):
    record_run(store, "withdraw", [B, A], {"reason": "consent revoked"})
    record_run(store, "withdraw", [A], {"reason": "a later one changes nothing"})
    denied = withdrawn(store)
    assert list(denied) == [B, A]
    assert {found.reason for found in denied.values()} == {"consent revoked"}
    row = store.ledger.runs()[0]
    assert (denied[A].run_id, denied[A].withdrawn_at) == (row["run_id"], row["started_at"])
    assert denied[A].purged_at is None

    record_run(store, "purge", [A], {})
    assert withdrawn(store)[A].purged_at == store.ledger.runs()[-1]["started_at"]
    assert withdrawn(store)[B].purged_at is None
    record_run(store, "reinstate", [A], {"reason": "given again"})
    assert list(withdrawn(store)) == [B]
    record_run(store, "withdraw", [A], {"reason": "revoked again"})
    assert withdrawn(store)[A].reason == "revoked again"
    assert withdrawn(store)[A].purged_at is None


@pytest.mark.parametrize("kind", ["withdraw", "reinstate", "purge"])
def test_a_failed_run_counts_for_nothing(store, record_run, kind):
    record_run(store, "withdraw", [A], {"reason": "consent revoked"})
    before = withdrawn(store)
    record_run(store, kind, [A, B], {"reason": "no"}, status="failed")
    assert withdrawn(store) == before


def test_reasons_are_told_and_counted(store, record_run):
    record_run(store, "withdraw", [f"{number:064x}" for number in range(5)], {"reason": "one"})
    record_run(store, "withdraw", [A], {"reason": "two"})
    found = withdrawn(store).values()
    assert counted_by_reason(found) == {"one": 5, "two": 1}
    assert listed(found) == ", ".join(["000000000000… (one)"] * 3) + " and 3 more"


def test_a_dataset_is_refused_for_a_withdrawn_photograph_in_any_row(
    staged, staged_copy, photographs, record_run
):
    image = digest_bytes((photographs / "coffee.png").read_bytes())
    assert refuse_withdrawn(staged_copy, staged.dataset) == ()
    record_run(staged_copy, "withdraw", [A, image], {"reason": "consent revoked"})
    assert list(withdrawn_in(staged_copy, staged.dataset)) == [image]
    told = rf"got {staged.dataset[:12]}… with {image[:12]}… \(consent revoked\);.* --allow-withdrawn"
    with pytest.raises(PhotographWithdrawn, match=told):
        refuse_withdrawn(staged_copy, staged.dataset)
    assert refuse_withdrawn(staged_copy, staged.dataset, is_allowed=True) == (image,)
    record_run(staged_copy, "reinstate", [image], {"reason": "given again"})
    assert refuse_withdrawn(staged_copy, staged.dataset) == ()


def test_a_rejected_row_holds_a_photograph_too(store, photographs, stage_dataset, tmp_path, record_run):
    folder = shutil.copytree(photographs, tmp_path / "with-a-copy")
    shutil.copy(folder / "coffee.png", folder / "zzz.png")
    (folder / "notes.txt").write_text("not an image")
    dataset = stage_dataset(store, folder).dataset
    text = digest_bytes(b"not an image")
    record_run(store, "withdraw", [text], {"reason": "a note"})
    assert list(withdrawn_in(store, dataset)) == [text]
