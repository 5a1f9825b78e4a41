import shutil

import pytest

from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.recorded_run import recorded_run
from tasks.training.train_task import train_network


@pytest.fixture
def both(staged, staged_clips, pass_gate, tmp_path):
    """A store with the dataset of photographs and the dataset of clips; both have passed the gate."""
    root = shutil.copytree(staged_clips.store.root, tmp_path / "both")
    store = Store.open(shutil.copytree(staged.store.root, root, dirs_exist_ok=True))
    for dataset in (staged.dataset, staged_clips.dataset):
        pass_gate(store, dataset)
    return store


@pytest.fixture(scope="session")
def train_recorded():
    """Return a function that trains on a dataset of a store, as a recorded run, and returns its outcome."""

    def train(store, config, dataset):
        with recorded_run(store, "train", config.model_dump(mode="json"), 0) as run:
            run.inputs += config.inputs(dataset)
            execution = ExecutionConfig(backend="serial", device="cpu")
            outcome = train_network.fn(dataset, config, store.location, execution)
            run.outputs.append(outcome.checkpoint)
        return outcome

    return train
