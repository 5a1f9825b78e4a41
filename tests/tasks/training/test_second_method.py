"""A second method is one folder and one entry: it trains, is stored, scored and traced like the first."""

import json
import sys

import numpy as np
import pytest
import torch

from shls_core.methods.registry import METHODS, method_config, method_named
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.training.config import TrainingConfig
from storage.lineage.history import History
from storage.lineage.usage import usage_of
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.manifests import get_record
from storage.rows.packed_values import PayloadReader
from tasks.checkpoints.listing import list_checkpoints
from tasks.checkpoints.load import load_checkpoint
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.training.learn import facts_of
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network

COLOURS = '''
import torch
from torch import nn

from shls_core.methods.config import MethodConfig
from shls_core.methods.method import Method
from shls_core.training.method import TrainableMethod


class ColoursConfig(MethodConfig):
    name: str = "colours"
    channels: int = 2
    network: int = 3


def new_network(config, seed):
    torch.manual_seed(seed)
    return nn.Conv2d(3, config.network, 1)


def network_with_weights(config, weights):
    network = new_network(config, 0)
    network.load_state_dict(weights)
    return network


class Colours(TrainableMethod):
    """Pixels of a frame shall tell the colours of the next one."""

    def __init__(self, network, config):
        self.network, self.steps_after = network, []

    def loss(self, batch, step):
        frames = torch.tensor(batch.frames).float().permute(0, 1, 4, 2, 3) / 255
        return {"colour": (self.network(frames[:, 0]) - frames[:, 1]).square().mean()}

    def after_step(self, step):
        with torch.no_grad():
            self.network.bias.fill_(step)


class Propagator:
    """Pixels keep their label while their colour is much the same."""

    def __init__(self, network, config, refinement=None, divide=None):
        self.network = network

    def prepare(self, frame, stored=None):
        with torch.no_grad():
            return self.network(torch.tensor(frame).float().permute(2, 0, 1)[None])[0]

    def start(self, prepared, mask):
        self.first, self.mask = prepared, mask

    def step(self, prepared):
        near = (prepared - self.first).abs().sum(0).numpy() < 60
        return (self.mask * near).astype("uint8")

    def introduce(self, prepared, mask):
        return self.step(prepared)


class Features:
    stride = 1
    device = torch.device("cpu")

    def __init__(self, network, layer):
        self.prepare = Propagator(network, None).prepare

    def encode(self, frame):
        return self.prepare(frame)


COLOURS = Method(
    name="colours",
    config=ColoursConfig,
    columns=lambda config: ("frames",),
    new_network=new_network,
    network_with_weights=network_with_weights,
    trainable=Colours,
    propagator=Propagator,
    feature_maps=Features,
    training_modules=("toy_methods.colours",),
    use_modules=("toy_methods.colours",),
    feature_modules=("toy_methods.colours",),
)
'''
TRAINING = TrainingConfig(
    steps=4, batch_size=1, num_threads=1, ema_decay=0.0, validate_every=2, validation_sequences=1
)
CPU = ExecutionConfig(backend="serial", device="cpu")


@pytest.fixture
def colours(tmp_path, monkeypatch):
    """The second method's section of a configuration, with its folder and its entry in place."""
    (tmp_path / "toy_methods").mkdir()
    (tmp_path / "toy_methods" / "__init__.py").write_text('"""Methods of a test."""\n')
    (tmp_path / "toy_methods" / "colours.py").write_text(COLOURS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(METHODS, "colours", "toy_methods.colours:COLOURS")
    yield method_config("colours")
    for name in ("toy_methods", "toy_methods.colours"):
        sys.modules.pop(name, None)


@pytest.fixture
def trained(colours, passed_store, staged):
    """A checkpoint of it, and a run in the ledger that made it."""
    learning = LearningConfig(method=colours, training=TRAINING)
    with recorded_run(passed_store, "train", learning.model_dump(mode="json"), 0) as run:
        run.inputs.append(staged.dataset)
        outcome = train_network.fn(staged.dataset, learning, passed_store.location, CPU)
        run.outputs.append(outcome.checkpoint)
    return outcome


def test_it_trains_and_its_record_says_so(trained, colours, passed_store, staged):
    record = get_record(passed_store.objects, trained.checkpoint, CheckpointRecord)
    assert (record.method, record.dataset) == ("colours", staged.dataset)
    assert record.configuration["method"] == {"name": "colours", "channels": 2, "network": 3}
    assert list(trained.validations) == [2, 4]
    assert not record.versions.keys() & {"faiss-cpu", "faiss-gpu"}
    network = load_checkpoint(passed_store, trained.checkpoint, torch.device("cpu"))
    # What it does after a step is part of what is kept: without decay, the average is the last state.
    assert network.bias.tolist() == [3.0, 3.0, 3.0]
    again = train_network.fn(
        staged.dataset, LearningConfig(method=colours, training=TRAINING), passed_store.location, CPU
    )
    assert (again.checkpoint, again.status) == (trained.checkpoint, "cached")


def test_it_reads_the_columns_it_names_and_no_others(colours, passed_store, staged, monkeypatch):
    read, values = set(), PayloadReader.values

    def counted(reader, digest, column, index):
        read.add(column)
        return values(reader, digest, column, index)

    monkeypatch.setattr(PayloadReader, "values", counted)
    for every, columns in ((0, {"frames"}), (2, {"frames", "masks"})):
        training = TRAINING.model_copy(update={"validate_every": every})
        learning = LearningConfig(method=colours, training=training)
        train_network.fn(staged.dataset, learning, passed_store.location, CPU)
        assert read == columns


@pytest.mark.parametrize(
    "propagation",
    [
        PropagationConfig(),
        PropagationConfig(
            method="label_propagation",
            label_propagation=LabelPropagationConfig(features="pixels", context=1, radius=3, neighbours=2),
        ),
    ],
)
def test_it_is_scored_on_held_out_sequences_by_any_propagation(trained, colours, passed_store, propagation):
    how = PropagationChoice(colours, propagation)
    outcome = score_checkpoint.fn(trained.checkpoint, how, passed_store.location, CPU)
    record = get_record(passed_store.objects, outcome.evaluation, EvaluationRecord)
    assert record.checkpoint == trained.checkpoint
    assert 0 <= record.scores["J&F-Mean"] <= 1
    assert record.configuration["propagation"]["method"] == propagation.method
    assert ("method" in record.configuration) == (propagation.method == "own")


def test_it_is_listed_traced_and_comes_out_again(trained, passed_store):
    [listed] = list_checkpoints(passed_store)
    assert (listed.checkpoint, listed.method) == (trained.checkpoint, "colours")
    record = json.loads(passed_store.objects.get(trained.checkpoint))
    usage = usage_of(History(passed_store), record)
    assert (usage.why_unknown, usage.steps, usage.validations) == (None, 4, 2)
    assert sum(usage.samples["times_drawn"].to_pylist()) == 4
    assert reproduce_checkpoint.fn(trained.checkpoint, passed_store.location, CPU).verdict == "agrees"


def test_it_makes_no_checkpoint_of_another_method_stale(tmp_path, request, staged):
    shls = LearningConfig(
        method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)), training=TRAINING
    )
    before = facts_of(staged.dataset, shls, CPU)
    colours = request.getfixturevalue("colours")
    assert facts_of(staged.dataset, shls, CPU) == before
    other = facts_of(staged.dataset, LearningConfig(method=colours, training=TRAINING), CPU)
    assert other["code_digest"] != before["code_digest"]
    assert method_named("colours").columns(colours) == ("frames",)


def test_frames_are_enough_for_a_propagator(colours):
    method = method_named("colours")
    propagator = method.propagator(method.new_network(colours, 0), colours)
    frame = np.full((4, 6, 3), 90, np.uint8)
    mask = np.eye(4, 6, dtype=np.uint8)
    propagator.start(propagator.prepare(frame), mask)
    assert (propagator.step(propagator.prepare(frame)) == mask).all()
