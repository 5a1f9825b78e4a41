import pytest

from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.config import TrainingConfig
from shls_core.training.shares_config import TrainingWithShares
from storage.provenance.environment import package_versions
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, put_record
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network

LEARNING = LearningConfig(
    method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)),
    training=TrainingConfig(steps=3, batch_size=1, num_threads=1),
)
CPU = ExecutionConfig(backend="serial", device="cpu")


def files(store):
    return {str(path): path.read_bytes() for path in store.root.rglob("*") if path.is_file()}


@pytest.fixture
def checkpoint(passed_store, staged):
    return train_network.fn(staged.dataset, LEARNING, str(passed_store.root), CPU).checkpoint


@pytest.fixture
def reproduce(passed_store):
    return lambda checkpoint: reproduce_checkpoint.fn(checkpoint, str(passed_store.root), CPU)


@pytest.fixture
def altered(passed_store, checkpoint):
    """Return a function that stores the record of that checkpoint with something else in it."""
    record = get_record(passed_store.objects, checkpoint, CheckpointRecord)
    return lambda **changes: put_record(passed_store.objects, record.model_copy(update=changes))


def test_trained_again_the_weights_are_the_same_and_nothing_in_the_store_changes(
    checkpoint, reproduce, passed_store
):
    before = files(passed_store)
    outcome = reproduce(checkpoint)
    assert (outcome.verdict, outcome.differences) == ("agrees", {})
    assert outcome.weights_again == outcome.weights
    assert files(passed_store) == before


def test_a_checkpoint_of_shares_is_trained_again_with_as_many(staged, passed_store, reproduce):
    training = TrainingWithShares(steps=3, batch_size=2, shares=2, num_threads=1)
    learning = LEARNING.model_copy(update={"training": training})
    checkpoint = train_network.fn(staged.dataset, learning, str(passed_store.root), CPU).checkpoint
    outcome = reproduce(checkpoint)
    assert (outcome.verdict, outcome.differences) == ("agrees", {})
    record = get_record(passed_store.objects, checkpoint, CheckpointRecord)
    one = {name: value for name, value in record.configuration["training"].items() if name != "shares"}
    whole = record.model_copy(update={"configuration": record.configuration | {"training": one}})
    assert reproduce(put_record(passed_store.objects, whole)).verdict == "disagrees"


def test_other_weights_disagree(reproduce, altered, passed_store):
    other = passed_store.objects.put(b"other weights")
    outcome = reproduce(altered(weights=other))
    assert (outcome.verdict, outcome.weights) == ("disagrees", other)
    assert outcome.weights_again not in (None, outcome.weights)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("code", {"code_digest": "0" * 64}),
        ("device", {"device_kind": "another GPU"}),
        ("torch", {"versions": {"torch": "1.0"}}),
        ("configuration", {"configuration": {"method": {"network": {"width_multiplier": 0.0625}}}}),
        (
            "configuration training.stepps",
            {"configuration": {"training": {"stepps": 3}}},
        ),
    ],
)
def test_what_was_made_otherwise_is_not_compared(reproduce, altered, monkeypatch, name, changes):
    monkeypatch.setattr("tasks.checkpoints.reproduction.learn", None)  # nothing is trained
    outcome = reproduce(altered(**changes))
    assert (outcome.verdict, outcome.weights_again) == ("not comparable", None)
    assert name in outcome.differences


def test_a_record_from_before_there_was_a_choice_of_methods_differs_by_its_code_alone(
    passed_store, checkpoint, reproduce
):
    record = get_record(passed_store.objects, checkpoint, CheckpointRecord)
    method, training = (dict(record.configuration[section]) for section in ("method", "training"))
    assert method.pop("name") == "shls"
    older = {"network": method.pop("network"), "training": training | method}
    before = record.model_copy(update={"method": None, "configuration": older, "code_digest": "0" * 64})
    outcome = reproduce(put_record(passed_store.objects, before))
    assert (outcome.verdict, set(outcome.differences)) == ("not comparable", {"code"})


def test_the_difference_says_what_it_was_and_what_it_is(reproduce, altered):
    now = package_versions(["torch"])["torch"]
    outcome = reproduce(altered(versions={"torch": "1.0"}))
    assert outcome.differences["torch"] == ("1.0", now)
