"""Training and evaluation on the staged dataset, without Prefect: what is reused, what is refused."""

import importlib.metadata
import json
import shutil

import pytest
import torch

from shls_core.errors import GateError, InputError, MissingComponent, NameUnknown
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.training.config import TrainingConfig
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.manifests import get_record
from storage.rows.loader import SequenceLoader
from storage.store import Store
from tasks.checkpoints.load import load_checkpoint
from tasks.runs.device import choose_device
from tasks.runs.execution_config import ExecutionConfig
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network

NETWORK = NetworkConfig(width_multiplier=0.0625)
MEMORY = MemoryConfig()
TRAINING = TrainingConfig(steps=3, batch_size=1, num_threads=1)
CPU = ExecutionConfig(backend="serial", device="cpu")


@pytest.fixture(scope="module")
def passed_once(staged, tmp_path_factory):
    store = Store.open(shutil.copytree(staged.store.root, tmp_path_factory.mktemp("passed") / "store"))
    validate(store, staged.dataset, GateConfig(min_held_out_sequences=1))
    return store


@pytest.fixture
def passed(passed_once, tmp_path):
    """A store with the staged dataset, which has passed the gate."""
    return Store.open(shutil.copytree(passed_once.root, tmp_path / "passed"))


@pytest.fixture
def train(staged, passed):
    """Return a function that trains on that dataset."""

    def run(training=TRAINING, network=NETWORK, store=passed, memory=MEMORY):
        learning = LearningConfig(method=ShlsConfig(network=network, memory=memory), training=training)
        return train_network.fn(staged.dataset, learning, str(store.root), CPU)

    return run


@pytest.fixture
def score(passed):
    """Return a function that scores a checkpoint."""

    def run(checkpoint, **memory):
        how = PropagationChoice(ShlsConfig(memory=MemoryConfig(**memory)))
        return score_checkpoint.fn(checkpoint, how, str(passed.root), CPU)

    return run


def test_training_wants_a_dataset_that_passed(train, staged, staged_copy):
    with pytest.raises(GateError, match="was never validated"):
        train(store=staged_copy)
    validate(staged_copy, staged.dataset, GateConfig(min_train_sequences=1000))
    with pytest.raises(GateError, match="failed 1 of"):
        train(store=staged_copy)
    assert not (staged_copy.root / "keys" / "checkpoints").exists()


def test_the_same_training_is_done_once_and_gives_the_same_weights_again(train, passed):
    first = train()
    assert (first.status, first.steps) == ("computed", 3)
    assert train().checkpoint == first.checkpoint
    assert train().status == "cached"

    for path in (passed.root / "keys" / "checkpoints").iterdir():
        path.unlink()
    again = train()
    assert (again.status, again.checkpoint) == ("computed", first.checkpoint)


def test_a_checkpoint_says_everything_that_made_it(train, passed, staged):
    record = get_record(passed.objects, train().checkpoint, CheckpointRecord)
    assert record.dataset == staged.dataset
    assert record.method == "shls"
    assert record.configuration == {
        "method": {
            "name": "shls",
            "network": json.loads(NETWORK.model_dump_json()),
            "contrast": "nt_xent",
            "temperature": 0.07,
            "refinement_from": 0,
            "refinement_learning_rate": None,
        },
        "training": json.loads(TRAINING.model_dump_json()),
    }
    assert record.device_kind == f"cpu {torch.backends.cpu.get_cpu_capability()}"
    assert record.versions["torch"] == importlib.metadata.version("torch")
    assert passed.objects.verify(record.weights)


@pytest.mark.parametrize(
    "changed",
    [
        {"training": TRAINING.model_copy(update={"seed": 1})},
        {"training": TRAINING.model_copy(update={"learning_rate": 0.01})},
        {"network": NETWORK.model_copy(update={"superfeature_size": 16})},
    ],
)
def test_another_configuration_is_another_checkpoint(train, passed, changed):
    first, second = train(), train(**changed)
    assert second.status == "computed"
    weights = [
        get_record(passed.objects, done.checkpoint, CheckpointRecord).weights for done in (first, second)
    ]
    assert weights[0] != weights[1]


def test_the_memory_decides_the_weights_where_refinement_is_trained_through_it(train, passed):
    refining = NETWORK.model_copy(update={"refinement": RefinementConfig(mode="roi", decoder_width=0.0625)})
    memories = [MemoryConfig(), MemoryConfig(neighbours=1)]
    unread = [train(memory=memory) for memory in memories]
    assert [done.status for done in unread] == ["computed", "cached"]
    read = [train(network=refining, memory=memory) for memory in memories]
    assert [done.status for done in read] == ["computed", "computed"]
    records = [get_record(passed.objects, done.checkpoint, CheckpointRecord) for done in read]
    assert records[0].weights != records[1].weights
    assert [record.configuration["method"]["memory"]["neighbours"] for record in records] == [2, 1]
    assert records[0].versions.keys() & {"faiss-cpu", "faiss-gpu"}


def test_lost_weights_are_learned_again(train, passed):
    first = train()
    weights = get_record(passed.objects, first.checkpoint, CheckpointRecord).weights
    (passed.root / object_path(weights)).unlink()
    again = train()
    assert (again.status, again.checkpoint) == ("computed", first.checkpoint)
    assert passed.objects.verify(weights)


def test_the_network_of_a_checkpoint_is_the_one_that_was_trained(train, passed):
    network = load_checkpoint(passed, train().checkpoint, torch.device("cpu"))
    again = load_checkpoint(passed, train().checkpoint, torch.device("cpu"))
    assert network.state_dict().keys() == again.state_dict().keys()
    assert all(torch.equal(one, again.state_dict()[name]) for name, one in network.state_dict().items())
    with pytest.raises(NameUnknown, match="expected a CheckpointRecord"):
        load_checkpoint(
            passed, json.loads(passed.objects.get(train().checkpoint))["dataset"], torch.device("cpu")
        )


def test_a_checkpoint_is_scored_once_beside_its_baselines(train, score, passed):
    checkpoint = train().checkpoint
    first = score(checkpoint)
    assert (first.status, score(checkpoint).status) == ("computed", "cached")
    record = get_record(passed.objects, first.evaluation, EvaluationRecord)
    assert (record.checkpoint, record.num_sequences) == (checkpoint, first.num_sequences)
    assert (
        record.num_frames == 2 * record.num_sequences
    )  # of four frames, the first and the last are not scored
    for scores in (first.scores, first.untrained, first.copy_first_mask):
        assert set(scores) >= {"J&F-Mean", "J-Mean", "F-Mean"}
        assert 0 < scores["J&F-Mean"] <= 1
        assert scores["J&F-Mean"] == pytest.approx((scores["J-Mean"] + scores["F-Mean"]) / 2)
    held_out = SequenceLoader(passed.objects, record.dataset, HELD_OUT)
    assert {found.sequence for found in record.objects} == {sequence.sample_id for sequence in held_out}

    for path in (passed.root / "keys" / "evaluations").iterdir():
        path.unlink()
    again = score(checkpoint)
    assert (again.status, again.evaluation) == ("computed", first.evaluation)


def test_another_memory_is_another_evaluation_with_the_same_baseline_of_copying(train, score):
    checkpoint = train().checkpoint
    first, second = score(checkpoint), score(checkpoint, neighbours=1)
    assert second.status == "computed"
    assert second.evaluation != first.evaluation
    assert second.copy_first_mask == first.copy_first_mask


def test_a_gpu_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device(ExecutionConfig(device="auto")).type == "cpu"
    with pytest.raises(
        MissingComponent, match=r"expected a GPU \(execution\.device: cuda\), torch finds none"
    ):
        choose_device(ExecutionConfig(device="cuda"))


def test_without_held_out_sequences_there_is_nothing_to_score(train, score, passed, monkeypatch):
    checkpoint = train().checkpoint

    def none(*_):
        raise InputError("expected held_out sequences in dataset …, found none")

    monkeypatch.setattr("tasks.scoring.held_out.SequenceLoader", none)
    with pytest.raises(InputError, match="expected held_out sequences"):
        score(checkpoint)
    assert not (passed.root / "keys" / "evaluations").exists()
