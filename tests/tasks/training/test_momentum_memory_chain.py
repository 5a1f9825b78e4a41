"""Momentum memory from stores of photographs and of films to scores: the whole chain, like any method."""

from contextlib import nullcontext

import pytest

from shls_core.methods.momentum_memory.config import (
    MomentumMemoryConfig,
    MomentumNetworkConfig,
    ViewsConfig,
)
from shls_core.methods.registry import method_named
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.training.config import TrainingConfig
from shls_core.training.weights import weights_from_bytes
from storage.audit.use import use_problems
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.lineage.usage import usage_of
from storage.objects.training_states import TrainingStates
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.links import all_links
from storage.records.manifests import get_record, record_id
from tasks.checkpoints.exporting import export_checkpoint, export_pretrained
from tasks.checkpoints.importing import import_checkpoint
from tasks.checkpoints.listing import list_checkpoints
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.training.bare_training import train_exported
from tasks.training.export_order import export_training
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig, learning_of
from tasks.training.trained_folder import read_trained

TINY = MomentumMemoryConfig(
    network=MomentumNetworkConfig(width_multiplier=0.0625, embedding_size=8),
    views=ViewsConfig(num_frames=3, crop=33),
    window=3,
    similarity="cosine",
    memory_from=2,
    num_references=2,
)
CPU = ExecutionConfig(backend="serial", device="cpu")


def learning(source="clips", validation_dataset=None, **training):
    return LearningConfig(
        method=TINY,
        training=TrainingConfig(**({"steps": 4, "batch_size": 2, "num_threads": 1} | training)),
        source=source,
        validation_dataset=validation_dataset,
    )


@pytest.fixture
def dataset_of(staged, staged_clips):
    return {"stills": staged.dataset, "clips": staged_clips.dataset}


@pytest.fixture
def train(both, dataset_of, train_recorded):
    """Return a function that trains, as a recorded run, and returns its outcome."""
    return lambda config: train_recorded(both, config, dataset_of[config.source])


@pytest.mark.parametrize("source", ["stills", "clips"])
def test_it_learns_validates_and_is_scored_traced_and_reproduced(train, both, staged, dataset_of, source):
    validates_on = staged.dataset if source == "clips" else None
    config = learning(source, validates_on, validate_every=1, validation_sequences=1)
    outcome = train(config)
    assert train(config).status == "cached"
    # Only the memory stage is validated.
    assert list(outcome.validations) == [3, 4]
    record = get_record(both.objects, outcome.checkpoint, CheckpointRecord)
    assert (record.method, record.dataset) == ("momentum_memory", dataset_of[source])
    assert learning_of(record) == config
    assert (record.clip_draw is None) == (source == "stills")

    scored = score_checkpoint.fn(outcome.checkpoint, PropagationChoice(TINY), both.location, CPU)
    evaluation = get_record(both.objects, scored.evaluation, EvaluationRecord)
    assert 0 <= evaluation.scores["J&F-Mean"] <= 1
    assert evaluation.configuration["method"]["references"] == [0, 5, -5, -3, -1]

    usage = usage_of(History(both), record.model_dump(mode="json"))
    assert (usage.why_unknown, usage.steps) == (None, 4)
    assert sum(usage.samples["times_drawn"].to_pylist()) == 4 * 2
    with recorded_run(both, "evaluate", {}, None) as run:
        run.inputs.append(outcome.checkpoint)
        run.outputs.append(scored.evaluation)
    links = all_links(both.objects, [outcome.checkpoint, scored.evaluation])
    assert use_problems(both, links, both.ledger.runs()) == []
    [listed] = list_checkpoints(both)
    assert (listed.checkpoint, listed.method) == (outcome.checkpoint, "momentum_memory")
    assert reproduce_checkpoint.fn(outcome.checkpoint, both.location, CPU).verdict == "agrees"


def test_a_film_is_traced_to_what_learned_from_it(train, both, staged_clips):
    checkpoint = train(learning(steps=6)).checkpoint
    history = History(both)
    record = get_record(both.objects, checkpoint, CheckpointRecord).model_dump(mode="json")
    drawn = {row["sample_id"] for row in usage_of(history, record).samples.to_pylist() if row["times_drawn"]}
    clips = history.rows_of(staged_clips.outcomes["clips"].artifact).to_pylist()
    video = next(row["video_id"] for row in clips if row["sample_id"] in drawn)
    [exposure] = descent(both, video).exposures
    assert (exposure.checkpoint, exposure.how, exposure.steps) == (checkpoint, "trained", 6)


@pytest.mark.parametrize("source", ["stills", "clips"])
@pytest.mark.parametrize("steps_before", [1, 2, 3])
def test_a_resumed_training_is_the_uninterrupted_one(both, dataset_of, source, steps_before):
    config = learning(source, steps=5)
    facts = facts_of(dataset_of[source], config, CPU)
    whole = learn(both.objects, facts, config, CPU)
    states = TrainingStates(both.backend, dataset_of[source], "a" * 64)

    def stop(row):
        if row["step"] == steps_before:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(both.objects, facts, config, CPU, states, observers=lambda course: nullcontext([stop]))
    assert states.newest().step == steps_before
    resumed = learn(both.objects, facts, config, CPU, states)
    assert record_id(resumed.record) == record_id(whole.record)
    assert resumed.weights == whole.weights


def test_the_same_comes_of_an_export(train, both, staged_clips, tmp_path):
    export_training(both, staged_clips.dataset, learning(), tmp_path / "exported")
    trained = train_exported(tmp_path / "exported", tmp_path / "trained", CPU)
    assert import_checkpoint(tmp_path / "trained", both) == trained
    outcome = train(learning())
    assert (outcome.checkpoint, outcome.status) == (trained, "cached")
    assert export_checkpoint(both, trained, tmp_path / "out") == trained
    export_pretrained(both, trained, tmp_path / "pretrained", TINY)
    record, weights = read_trained(tmp_path / "pretrained")
    assert record.made_from == trained
    network = method_named("momentum_memory").network_with_weights(TINY, weights_from_bytes(weights))
    assert not network.training


SAME = TINY.model_copy(update={"reference_encoder": "same", "labels": "soft", "references": "all"})
LABELS = PropagationConfig(
    method="label_propagation",
    label_propagation=LabelPropagationConfig(
        features="embedding", reference_features="momentum", context=2, radius=3, neighbours=4
    ),
)
SNAP = PropagationConfig(
    method="label_propagation",
    label_propagation=LabelPropagationConfig(context=2, radius=3, snap="superpixels"),
)


@pytest.mark.parametrize(
    ("method", "propagation"),
    [
        (SAME, PropagationConfig()),
        (TINY, LABELS),
        (TINY, SNAP),
        (TINY, PropagationConfig(method="superpixel_memory")),
    ],
    ids=["same_encoder", "label_propagation", "snap", "superpixel_memory"],
)
def test_any_propagation_carries_masks_with_its_features(train, both, method, propagation):
    checkpoint = train(learning("stills", steps=3)).checkpoint
    how = PropagationChoice(method, propagation)
    scored = score_checkpoint.fn(checkpoint, how, both.location, CPU)
    assert 0 <= get_record(both.objects, scored.evaluation, EvaluationRecord).scores["J&F-Mean"] <= 1
