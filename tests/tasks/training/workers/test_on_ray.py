"""Training by workers of Ray Train, each a process of its own: one checkpoint, however many there are."""

import json
import os
import signal
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from tiny_methods import TINY

from shls_core.errors import NodeRefused, TrainingDiverged
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.shares_config import TrainingWithShares
from storage.objects.training_states import training_states
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from tasks.runs.execution_config import ExecutionConfig
from tasks.training import train_task as module
from tasks.training.learning_config import LearningConfig
from tasks.training.log import METRICS_FILE
from tasks.training.train_task import train_network
from tasks.training.workers.work import WorkOrder

STEPS, SHARES = 6, 4
SHLS = ShlsConfig(network=NetworkConfig(width_multiplier=0.0625))
TRAINING = TrainingWithShares(
    steps=STEPS,
    batch_size=4,
    shares=SHARES,
    learning_rate=1e-2,
    num_threads=2,
    validate_every=3,
    validation_sequences=1,
)


@pytest.fixture(scope="module", autouse=True)
def _no_cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        yield


@pytest.fixture
def train(staged, passed_store, tmp_path):
    """Return a function that trains on the staged dataset, anew each time."""

    def run(workers, method=SHLS, training=TRAINING, store=passed_store, **where):
        for path in store.root.glob("keys/checkpoints/*"):
            path.unlink()
        dataset = where.pop("dataset", staged.dataset)
        learning = LearningConfig(method=method, training=training, **where)
        execution = ExecutionConfig(
            backend="serial",
            device="cpu",
            save_every=2,
            log_dir=str(tmp_path / f"log-{workers}"),
            training_workers=workers,
        )
        return train_network.fn(dataset, learning, store.location, execution)

    return run


def logged(tmp_path, workers):
    """The figures of a training that do not depend on time."""
    (path,) = (tmp_path / f"log-{workers}").rglob(METRICS_FILE)
    rows = map(json.loads, path.read_text().splitlines())
    return [{key: value for key, value in row.items() if "_" not in key or "rate" in key} for row in rows]


def train_workers():
    """The processes of this Ray that train, by their numbers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if "TrainWorker" in (folder / "cmdline").read_text() and os.getpid() in ancestors(
                int(folder.name)
            ):
                found.append(int(folder.name))
    return found


def ancestors(process):
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        yield process


@pytest.mark.slow
@pytest.mark.long
def test_workers_give_the_checkpoint_of_one_process_also_if_one_is_lost(
    train, passed_store, tmp_path, monkeypatch, capsys
):
    whole = train(1)
    for workers in (2, SHARES):
        shared = train(workers)
        assert (shared.status, shared.checkpoint) == ("computed", whole.checkpoint)
        assert logged(tmp_path, workers) == logged(tmp_path, 1)
        assert len(logged(tmp_path, workers)) == STEPS + 2
    assert training_states(passed_store.backend) == []
    assert "a worker was lost" not in capsys.readouterr().err

    to_kill = {3: max, 5: min}  # steps, and which of the workers: the first one is among them

    @contextmanager
    def killing(steps):
        def observe(row):
            if row["step"] in to_kill and len(train_workers()) == 2:
                os.kill(to_kill.pop(row["step"])(train_workers()), signal.SIGKILL)

        yield observe

    monkeypatch.setattr(module, "steps_shown", killing)
    assert train("1..2").checkpoint == whole.checkpoint
    assert not to_kill
    assert capsys.readouterr().err.count("a worker was lost: all begin anew after step") == 2
    assert logged(tmp_path, "1..2") == logged(tmp_path, 1)
    record = get_record(passed_store.objects, whole.checkpoint, CheckpointRecord)
    assert record.configuration["training"]["shares"] == SHARES


@pytest.mark.slow
def test_a_method_that_reads_running_statistics_from_clips_gives_one_checkpoint(train, both, staged_clips):
    """Tests of shares have all methods, in one process; here is the one that most may go wrong with."""
    how = {
        "method": TINY["dul"],
        "training": TrainingWithShares(steps=3, batch_size=2, shares=2, num_threads=1),
        "source": "clips",
        "dataset": staged_clips.dataset,
        "store": both,
    }
    assert train(2, **how).checkpoint == train(1, **how).checkpoint


@pytest.mark.slow
@pytest.mark.long
def test_an_error_of_a_worker_is_that_of_the_run(train, monkeypatch):
    wild = TRAINING.model_copy(
        update={"learning_rate": 1.0, "divergence_window": 1, "divergence_factor": 1.001}
    )
    with pytest.raises(TrainingDiverged) as alone:
        train(1, training=wild)
    with pytest.raises(TrainingDiverged) as shared:
        train(2, training=wild)
    assert str(shared.value) == str(alone.value)

    code = WorkOrder.code
    monkeypatch.setattr(
        WorkOrder, "code", lambda order: {**code(order), "packages": {"numpy": "0.1"}, "key": "other"}
    )
    told = rf"^[^\n]+ on node [^\n]+: package numpy is {np.__version__} there and 0\.1 here; [^\n]+$"
    with pytest.raises(NodeRefused, match=told):
        train(2)


@pytest.mark.slow
@pytest.mark.long
def test_ctrl_c_leaves_a_state_that_another_number_of_workers_goes_on_from(
    train, passed_store, monkeypatch, capsys
):
    whole, shown = train(1), module.steps_shown

    @contextmanager
    def ending(steps):
        def observe(row):
            if row["step"] == 1:
                os.kill(os.getpid(), signal.SIGINT)

        yield observe

    monkeypatch.setattr(module, "steps_shown", ending)
    with pytest.raises(KeyboardInterrupt):
        train(2)
    assert len(training_states(passed_store.backend)) == 1
    monkeypatch.setattr(module, "steps_shown", shown)
    capsys.readouterr()
    assert train(1).checkpoint == whole.checkpoint
    assert "train resumes after step" in capsys.readouterr().err
