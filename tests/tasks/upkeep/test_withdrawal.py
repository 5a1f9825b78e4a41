"""Withdrawing, reinstating and erasing, as the ledger keeps it; and what training does about it."""

import json

import pytest

from shls_core.errors import InputError, NameUnknown, ObjectErased, PhotographWithdrawn, StoreBusy
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.config import TrainingConfig
from storage.canonical import digest_bytes
from storage.files.jobs import running_job
from storage.records.manifests import get_record
from storage.records.tombstones import Tombstone
from storage.verification.verify import verify_store
from storage.withdrawal.deny_list import withdrawn
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.training.export_order import export_training
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network
from tasks.upkeep import withdrawal as module
from tasks.upkeep.withdrawal import plan_purge, purge, recorded_if_forced, reinstate, withdraw

LEARNING = LearningConfig(
    method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)),
    training=TrainingConfig(steps=2, batch_size=1, num_threads=1),
)
CPU = ExecutionConfig(backend="serial", device="cpu")
NAME = "coffee.jpg"


@pytest.fixture
def place(passed_store):
    return passed_store.location


@pytest.fixture
def image(photographs):
    return digest_bytes((photographs / NAME).read_bytes())


@pytest.fixture
def train(staged, place):
    return lambda **options: train_network.fn(staged.dataset, LEARNING, place, CPU, **options)


def last_run(store):
    return store.ledger.runs()[-1]


def details(run):
    """Return what the ledger says of a run, without what it used."""
    said = json.loads(run["details"])
    assert set(said.pop("usage")) == {"cpu_seconds", "peak_bytes", "read_bytes", "written_bytes"}
    return said


def test_a_withdrawal_is_a_run_that_keeps_ids_and_the_reason_and_no_file_name(passed_store, place, image):
    outcome = withdraw(passed_store, [NAME, image[:8]], " consent revoked ")
    assert (outcome.new, outcome.already, outcome.unseen) == ((image,), (), ())
    run = last_run(passed_store)
    assert (run["kind"], run["status"], run["inputs"]) == ("withdraw", "completed", [image])
    assert details(run) == {"reason": "consent revoked"}
    assert NAME not in json.dumps(run)
    assert withdrawn(passed_store)[image].run_id == run["run_id"]


def test_withdrawn_twice_is_said_and_changes_nothing(passed_store, place, image):
    withdraw(passed_store, [image], "consent revoked")
    before = passed_store.ledger.runs()
    outcome = withdraw(passed_store, [image], "another reason")
    assert (outcome.new, outcome.already) == ((), (image,))
    assert passed_store.ledger.runs() == before


def test_in_advance_by_a_file_that_the_store_has_never_seen(passed_store, place, tmp_path):
    (tmp_path / "later.jpg").write_bytes(b"later")
    outcome = withdraw(passed_store, [str(tmp_path / "later.jpg")], "must never come in")
    assert outcome.new == outcome.unseen == (digest_bytes(b"later"),)
    assert list(withdrawn(passed_store)) == [digest_bytes(b"later")]


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_or_a_photograph_nothing_is_recorded(passed_store, place, image, reason):
    with pytest.raises(InputError, match="expected a reason to withdraw a photograph, got none"):
        withdraw(passed_store, [image], reason)
    with pytest.raises(NameUnknown):
        withdraw(passed_store, [image, "nobody.jpg"], "consent revoked")
    assert passed_store.ledger.runs() == []


def test_reinstated_it_is_off_the_list(passed_store, place, image):
    withdraw(passed_store, [image], "consent revoked")
    assert reinstate(passed_store, [NAME], "given again") == (image,)
    assert last_run(passed_store)["kind"] == "reinstate"
    assert withdrawn(passed_store) == {}
    for act in (lambda: reinstate(passed_store, [NAME], "once more"), lambda: purge(passed_store, [NAME])):
        with pytest.raises(InputError, match=rf"that is withdrawn, got {image[:12]}…, which is not"):
            act()


def test_a_purge_names_its_tombstone_and_counts_what_went(passed_store, place, image):
    withdraw(passed_store, [image], "consent revoked")
    planned = plan_purge(passed_store, [NAME])
    assert passed_store.erased() == {}
    erasure, tombstone = purge(passed_store, [NAME])
    assert erasure == planned
    run = last_run(passed_store)
    assert (run["kind"], run["inputs"], run["outputs"]) == ("purge", [image], [tombstone])
    assert details(run) == {
        "shards": len(erasure.shards),
        "rows": {"ingest": 1, "saliency": 1, "sequences": 4, "superpixels": 4},
        "bytes": erasure.num_bytes,
        "keys": len(erasure.key_paths),
    }
    assert get_record(passed_store.objects, tombstone, Tombstone).source_ids == (image,)
    assert verify_store(passed_store).problems == ()
    # Its name is not known any more, its id is.
    with pytest.raises(NameUnknown):
        purge(passed_store, [NAME])
    assert purge(passed_store, [image[:6]])[1] is None
    assert last_run(passed_store)["outputs"] == []


def test_a_purge_wants_the_store_to_itself(passed_store, place, image):
    withdraw(passed_store, [image], "consent revoked")
    before = len(passed_store.ledger.runs())
    with (
        running_job(passed_store.backend, "train"),
        pytest.raises(StoreBusy, match=r"found train by .* nothing was removed, run purge again"),
    ):
        purge(passed_store, [image])
    assert len(passed_store.ledger.runs()) == before


def test_the_ledger_is_told_before_anything_goes(passed_store, place, image, monkeypatch):
    withdraw(passed_store, [image], "consent revoked")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "erase", killed)
    with pytest.raises(KeyboardInterrupt):
        purge(passed_store, [image])
    monkeypatch.undo()
    assert last_run(passed_store)["status"] == "completed"
    assert {problem.kind for problem in verify_store(passed_store).problems} == {"unfinished purge"}
    purge(passed_store, [image])
    assert verify_store(passed_store).problems == ()


def test_training_is_refused_unless_forced_and_forcing_is_told(passed_store, train, place, image, staged):
    before = train()
    assert before.allowed_withdrawn == ()
    withdraw(passed_store, [image], "consent revoked")
    told = rf"got {staged.dataset[:12]}… with {image[:12]}… \(consent revoked\); `shls dataset build`"
    with pytest.raises(PhotographWithdrawn, match=told):
        train()
    forced = train(allow_withdrawn=True)
    assert forced.allowed_withdrawn == (image,)
    assert (forced.checkpoint, forced.status) == (before.checkpoint, "cached")


def test_trained_again_and_evaluated(passed_store, train, place, image, capsys):
    checkpoint = train().checkpoint
    withdraw(passed_store, [image], "consent revoked")
    with pytest.raises(PhotographWithdrawn):
        reproduce_checkpoint.fn(checkpoint, place, CPU)
    again = reproduce_checkpoint.fn(checkpoint, place, CPU, allow_withdrawn=True)
    assert (again.verdict, again.allowed_withdrawn) == ("agrees", (image,))
    capsys.readouterr()
    score_checkpoint.fn(checkpoint, PropagationChoice(), place, CPU)
    told = f"{checkpoint[:12]} was trained with withdrawn photographs: {image[:12]}… (consent revoked)"
    assert told in capsys.readouterr().err


def test_nothing_trains_on_what_was_erased(passed_store, train, place, image):
    checkpoint = train().checkpoint
    withdraw(passed_store, [image], "consent revoked")
    purge(passed_store, [image])
    with pytest.raises(ObjectErased, match="rows were erased by order; `shls dataset build`"):
        train(allow_withdrawn=True)
    with pytest.raises(ObjectErased, match="was erased by order"):
        score_checkpoint.fn(checkpoint, PropagationChoice(), place, CPU)


def test_a_forced_export_is_recorded(passed_store, place, image, staged, tmp_path):
    with recorded_if_forced(passed_store, staged.dataset, allow_withdrawn=True):
        pass
    assert passed_store.ledger.runs() == []
    withdraw(passed_store, [image], "consent revoked")
    with pytest.raises(PhotographWithdrawn):
        export_training(passed_store, staged.dataset, LEARNING, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with recorded_if_forced(passed_store, staged.dataset, allow_withdrawn=True):
        export_training(passed_store, staged.dataset, LEARNING, tmp_path / "out", allow_withdrawn=True)
    run = last_run(passed_store)
    assert (run["kind"], run["inputs"]) == ("export", [staged.dataset])
    assert details(run) == {"allowed_withdrawn": [image]}
