import pytest

from flows.reproduce import reproduce
from shls_core.errors import InputError, NameUnknown
from storage.store import Store
from tasks.checkpoints.pretrained import keep_checkpoint, read_pretrained


def test_a_checkpoint_comes_out_again_and_the_ledger_knows(first_run, used_store):
    checkpoint = first_run.outcome.training.checkpoint
    outcome = reproduce(checkpoint[:12], str(first_run.config), str(used_store))
    assert (outcome.checkpoint, outcome.verdict) == (checkpoint, "agrees")
    run = Store.open(used_store).ledger.runs()[-1]
    assert (run["kind"], run["verdict"], run["outputs"]) == ("reproduce", "agrees", [])
    assert run["inputs"] == [first_run.outcome.dataset.dataset, checkpoint]


def test_a_dataset_is_not_a_checkpoint(first_run, used_store):
    with pytest.raises(NameUnknown, match="expected a checkpoint"):
        reproduce("tiny", str(first_run.config), str(used_store))


def test_rounded_weights_could_never_come_out_again(used_store):
    checkpoint = keep_checkpoint(Store.open(used_store), read_pretrained())
    with pytest.raises(InputError, match=r"as it was trained, got the rounded weights of .*made from"):
        reproduce(checkpoint, store=str(used_store))
