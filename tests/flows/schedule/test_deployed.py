"""The deployed flows that no event starts, run here; `test_production.py` runs the chain."""

import pytest

from flows.schedule import deployed
from shls_core.errors import ObjectCorrupted
from storage.store import Store


def test_an_audit_says_how_a_store_is(used_store, prefect_server):
    outcome = deployed.audit(store=str(used_store), replay=1)
    assert (outcome.verdict, outcome.num_not_comparable, outcome.num_outstanding) == ("intact", 0, 0)


def test_an_audit_of_a_store_that_was_changed_is_a_failed_run(used_store, prefect_server, first_run):
    dataset = first_run.outcome.dataset.dataset
    path = used_store / "objects" / dataset[:2] / dataset
    path.write_bytes(path.read_bytes().replace(b'"dataset"', b'"datasit"'))
    with pytest.raises(ObjectCorrupted, match=r"an untouched store, found \d+ problems, the first: "):
        deployed.audit(store=str(used_store), replay=0)


def test_a_checkpoint_is_scored_by_its_id_alone(used_store, prefect_server, first_run):
    outcome = deployed.evaluate(checkpoint=first_run.outcome.training.checkpoint, store=str(used_store))
    assert (outcome.evaluation, outcome.status) == (first_run.outcome.evaluation.evaluation, "cached")


@pytest.mark.slow
def test_all_in_one_run(tiny_dataset, tmp_path, prefect_server):
    store = tmp_path / "store"
    outcome = deployed.pipeline(**tiny_dataset, store=str(store))
    assert outcome.evaluation is not None
    runs = Store.open(store).ledger.runs()
    assert [run["kind"] for run in runs] == ["dataset", "train", "evaluate"]
