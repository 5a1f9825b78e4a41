import json

import pytest

from flows.evaluate import evaluate
from flows.regenerate import regenerate
from shls_core.errors import NameUnknown
from storage.records.checkpoints import EvaluationRecord
from storage.records.manifests import get_record
from storage.store import Store


def test_there_must_be_a_checkpoint(prefect_server, config_file, tmp_path):
    config, store = str(config_file()), str(tmp_path / "store")
    regenerate(config, store)
    with pytest.raises(NameUnknown, match=r"expected a checkpoint in .*, found none; `shls train` makes one"):
        evaluate(config=config, store=store)


@pytest.mark.parametrize("digits", [None, 12, 64])
def test_a_checkpoint_is_found(first_run, used_store, digits):
    checkpoint = digits and first_run.outcome.training.checkpoint[:digits]
    outcome = evaluate(checkpoint, str(first_run.config), str(used_store))
    assert outcome.evaluation == first_run.outcome.evaluation.evaluation
    assert outcome.status == "cached"


def test_an_unknown_checkpoint_is_refused(first_run, used_store):
    with pytest.raises(NameUnknown, match="expected the name or id of a checkpoint, got '000000'"):
        evaluate("000000", str(first_run.config), str(used_store))


def test_another_memory_is_another_evaluation(first_run, used_store, config_file):
    config = str(config_file(method={"memory": {"pre_segmentation": "knn_vote"}}))
    outcome = evaluate(None, config, str(used_store))
    assert outcome.status == "computed"
    assert outcome.evaluation != first_run.outcome.evaluation.evaluation


def test_adaptation_is_another_evaluation_of_network_and_baselines(first_run, used_store, config_file):
    small = {"mode": "after_video", "steps": 2, "size": 32, "width": 0.0625, "num_threads": 1}
    config = str(config_file(adaptation=small))
    outcome = evaluate(None, config, str(used_store))
    assert (outcome.status, evaluate(None, config, str(used_store)).status) == ("computed", "cached")
    store = Store.open(used_store)
    record = get_record(store.objects, outcome.evaluation, EvaluationRecord)
    before = get_record(store.objects, first_run.outcome.evaluation.evaluation, EvaluationRecord)
    assert record.configuration.keys() - before.configuration.keys() == {"adaptation"}
    assert record.configuration["adaptation"].items() >= small.items()
    assert record.code_digest != before.code_digest
    assert record.baselines.keys() == before.baselines.keys()
    assert json.loads(store.ledger.runs()[-1]["configuration"])["adaptation"]["steps"] == 2
