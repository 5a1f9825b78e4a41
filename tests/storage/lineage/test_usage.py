"""What a checkpoint is said to have used, beside what its training was seen to read."""

import pytest

from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.training_loss import ShlsMethod
from shls_core.photographs.split import HELD_OUT, TRAIN
from shls_core.training.config import TrainingConfig
from storage.lineage.history import History
from storage.lineage.splits import samples_of_split
from storage.lineage.usage import usage_of
from storage.rows.loader import SequenceLoader
from tasks.runs.execution_config import ExecutionConfig
from tasks.training import validation
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig


def train(store, dataset, **training):
    """Train, and return the record, the samples of every step, and those that were validated on."""
    config = TrainingConfig(num_threads=1, **training)
    learning = LearningConfig(
        method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)), training=config
    )
    cpu = ExecutionConfig(backend="serial", device="cpu")
    loader = SequenceLoader(store.objects, dataset, TRAIN)
    sample_of = {
        loader.read(number).frames.tobytes(): loader.sample_ids[number] for number in range(len(loader))
    }
    steps, validated = [], set()

    class Seen(ShlsMethod):
        def loss(self, batch, step):
            steps.append([sample_of[frames.tobytes()] for frames in batch.frames])
            return super().loss(batch, step)

    class Noting(SequenceLoader):
        def read(self, number):
            validated.add(self.sample_ids[number])
            return super().read(number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shls_core.methods.shls.training_loss.ShlsMethod", Seen)
        patch.setattr(validation, "SequenceLoader", Noting)
        learned = learn(store.objects, facts_of(dataset, learning, cpu), learning, cpu)
    return learned.record, steps, validated


@pytest.mark.parametrize(
    "training",
    [
        {"steps": 3, "batch_size": 1},
        {"steps": 5, "batch_size": 3, "seed": 7},  # epochs end inside batches
        {"steps": 6, "batch_size": 2, "validate_every": 2, "validation_sequences": 1, "checkpoint": "best"},
        {"steps": 4, "batch_size": 1, "validate_every": 3, "validation_sequences": 9},
    ],
)
def test_what_is_told_is_what_training_read(staged, training):
    record, steps, validated = train(staged.store, staged.dataset, **training)
    assert len(steps) == training["steps"]
    kept = steps[: record.step]
    drawn = [sample for batch in kept for sample in batch]
    usage = usage_of(History(staged.store), record.model_dump(mode="json"))
    rows = usage.samples.to_pylist()
    assert {row["sample_id"]: row["times_drawn"] for row in rows if row["times_drawn"]} == {
        sample: drawn.count(sample) for sample in drawn
    }
    assert {row["sample_id"]: row["first_step"] for row in rows if row["times_drawn"]} == {
        sample: next(step for step, batch in enumerate(kept) if sample in batch) for sample in drawn
    }
    assert {row["sample_id"] for row in rows if row["is_validated"]} == validated
    assert (usage.steps, usage.validations) == (record.step, len(record.validations))


@pytest.mark.parametrize("split", [TRAIN, HELD_OUT])
def test_samples_of_a_split_have_the_numbers_of_the_loader(staged, split):
    numbered = SequenceLoader(staged.store.objects, staged.dataset, split).sample_ids
    assert tuple(samples_of_split(History(staged.store), staged.dataset, split).to_pylist()) == numbered


def test_a_record_from_before_there_was_a_choice_of_weights_used_every_step(staged):
    record, steps, _ = train(staged.store, staged.dataset, steps=3, batch_size=1)
    older = {**record.model_dump(mode="json"), "step": None}
    usage = usage_of(History(staged.store), older)
    assert usage.steps == 3
    assert sum(usage.samples["times_drawn"].to_pylist()) == sum(map(len, steps))


def test_a_record_that_does_not_say_enough_is_unknown(staged):
    record, _, _ = train(staged.store, staged.dataset, steps=1, batch_size=1)
    said = record.model_dump(mode="json")
    del said["configuration"]["training"]["seed"]
    usage = usage_of(History(staged.store), said)
    assert usage.why_unknown == "its record has no training.seed"
    assert len(usage.samples) == 0
