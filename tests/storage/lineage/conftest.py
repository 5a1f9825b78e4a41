"""A store with two datasets that share shards, checkpoints trained on them in different ways, and scores."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.store import Store


@dataclass(frozen=True)
class Made:
    """What the store holds, by a name of its own."""

    store: Store
    folder: Path
    """The eight photographs."""
    eight: str
    """``photos@v1``: the dataset of all of them."""
    seven: str
    """``photos@v2``: without coffee.png."""
    brief: str
    """Checkpoint of `eight`, three steps."""
    chosen: str
    """Checkpoint of `eight`, twelve steps, of which validation chose the best weights."""
    later: str
    """Checkpoint of `seven`."""
    evaluation: str
    """Of `brief`."""


@pytest.fixture(scope="session")
def made(staged, photographs, stage_dataset, tmp_path_factory):
    """The store. Read it, or copy it; never write to it."""
    from shls_core.methods.shls.config import ShlsConfig
    from shls_core.methods.shls.network.config import NetworkConfig
    from shls_core.training.config import TrainingConfig
    from storage.gate.config import GateConfig
    from storage.gate.gate import validate
    from tasks.runs.execution_config import ExecutionConfig
    from tasks.runs.recorded_run import recorded_run
    from tasks.scoring.held_out import score_checkpoint
    from tasks.scoring.segmenter_choice import PropagationChoice
    from tasks.training.learning_config import LearningConfig
    from tasks.training.train_task import train_network

    root = tmp_path_factory.mktemp("lineage")
    store = Store.open(shutil.copytree(staged.store.root, root / "store"))
    folder = Path(shutil.copytree(photographs, root / "photographs"))
    fewer = Path(shutil.copytree(photographs, root / "fewer"))
    (fewer / "coffee.png").unlink()
    cpu = ExecutionConfig(backend="serial", device="cpu")

    def stage(images):
        with recorded_run(store, "dataset", {"images": images.name}, 1) as run:
            done = stage_dataset(store, images)
            run.outputs.append(done.dataset)
            run.details = {"stages": [outcome.model_dump() for outcome in done.outcomes.values()]}
            validate(store, done.dataset, GateConfig(min_held_out_sequences=1))
            run.verdict = "passed"
            store.names.publish("photos", done.dataset)
        return done.dataset

    def train(dataset, **training):
        config = TrainingConfig(batch_size=1, num_threads=1, **training)
        learning = LearningConfig(
            method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)), training=config
        )
        with recorded_run(store, "train", {"training": training}, config.seed) as run:
            run.inputs.append(dataset)
            outcome = train_network.fn(dataset, learning, store.location, cpu)
            run.outputs.append(outcome.checkpoint)
        return outcome.checkpoint

    eight, seven = stage(folder), stage(fewer)
    brief = train(eight, steps=3)
    chosen = train(eight, steps=12, seed=1, validate_every=4, validation_sequences=2, checkpoint="best")
    later = train(seven, steps=2)
    with recorded_run(store, "evaluate", {}, 0) as run:
        run.inputs.append(brief)
        evaluation = score_checkpoint.fn(brief, PropagationChoice(), store.location, cpu).evaluation
        run.outputs.append(evaluation)
    return Made(store, folder, eight, seven, brief, chosen, later, evaluation)


@pytest.fixture
def copied(made, tmp_path):
    """A copy of the store, to write to."""
    return Store.open(shutil.copytree(made.store.root, tmp_path / "copied"))
