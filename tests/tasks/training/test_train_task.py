"""Training in a store: ended at any step and gone on with, validated, logged."""

import json
from contextlib import nullcontext

import pytest

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.config import TrainingConfig
from storage.objects.training_states import training_states
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from tasks.runs.execution_config import ExecutionConfig
from tasks.training import train_task as module
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network

STEPS = 5
TRAINING = TrainingConfig(
    steps=STEPS, batch_size=1, learning_rate=1e-2, num_threads=1, validate_every=2, validation_sequences=2
)
CPU = ExecutionConfig(backend="serial", device="cpu", save_every=2)


@pytest.fixture
def train(staged, passed_store):
    """Return a function that trains on the staged dataset."""

    def run(execution=CPU, **changes):
        learning = LearningConfig(
            method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)),
            training=TRAINING.model_copy(update=changes),
        )
        return train_network.fn(staged.dataset, learning, str(passed_store.root), execution)

    return run


@pytest.fixture
def end_at(monkeypatch):
    """Return a function that lets training be ended, as by Ctrl-C, after a step."""

    def end(step):
        def observers(steps):
            def observe(row):
                if row["step"] == step:
                    raise KeyboardInterrupt

            return nullcontext(observe)

        monkeypatch.setattr(module, "steps_shown", observers)

    return end


def test_a_run_ended_after_any_step_goes_on_and_ends_with_the_same_checkpoint(
    train, end_at, passed_store, monkeypatch, capsys
):
    whole = train()
    shown = module.steps_shown
    for step in range(1, STEPS + 1):
        for path in (passed_store.root / "keys" / "checkpoints").iterdir():
            path.unlink()
        end_at(step)
        with pytest.raises(KeyboardInterrupt):
            train()
        assert [state.step for state in training_states(passed_store.backend)] == [step]
        monkeypatch.setattr(module, "steps_shown", shown)
        again = train()
        assert f"train resumes after step {step} of {STEPS}" in capsys.readouterr().err
        assert (again.status, again.checkpoint) == ("computed", whole.checkpoint)
        assert training_states(passed_store.backend) == []


def test_a_run_without_time_to_save_goes_on_from_the_last_saved_state(
    train, end_at, passed_store, monkeypatch
):
    whole = train()
    for path in (passed_store.root / "keys" / "checkpoints").iterdir():
        path.unlink()
    monkeypatch.setattr("shls_core.training.loop.isinstance", lambda *_: True, raising=False)  # SIGKILL
    end_at(5)
    with pytest.raises(KeyboardInterrupt):
        train()
    assert [state.step for state in training_states(passed_store.backend)] == [4]
    monkeypatch.undo()
    assert train().checkpoint == whole.checkpoint


def test_another_seed_begins_at_the_beginning(train, end_at, passed_store, monkeypatch, capsys):
    end_at(3)
    with pytest.raises(KeyboardInterrupt):
        train()
    monkeypatch.undo()
    other = train(seed=1)
    assert "resumes" not in capsys.readouterr().err
    assert [state.step for state in training_states(passed_store.backend)] == [3]
    assert train().checkpoint != other.checkpoint


def test_the_best_or_the_last_weights_are_kept(train, passed_store):
    last, best = train(), train(checkpoint="best")
    assert list(last.validations) == [2, 4, 5]
    assert last.validations == best.validations
    assert last.step == STEPS
    assert best.step == max(best.validations, key=best.validations.get)
    records = [get_record(passed_store.objects, one.checkpoint, CheckpointRecord) for one in (last, best)]
    assert (records[0].weights == records[1].weights) == (best.step == STEPS)
    assert "memory" in records[0].configuration["method"]


def test_how_often_a_state_is_saved_and_where_it_is_logged_decide_nothing(train, tmp_path):
    first = train()
    other = ExecutionConfig(device="cpu", save_every=1, log_dir=str(tmp_path / "logs"))
    assert (train(other).checkpoint, train(other).status) == (first.checkpoint, "cached")


def test_metrics_are_written_beside_the_store(train, passed_store):
    train()
    (path,) = (passed_store.root.parent / "runs").glob("train-*/metrics.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    steps = [row for row in rows if "loss" in row]
    assert [row["step"] for row in steps] == list(range(1, STEPS + 1))
    assert {"loss/nt_xent", "learning_rate", "gradient_norm", "samples_per_second", "memory_bytes"} <= set(
        steps[0]
    )
    assert [row["step"] for row in rows if "validation/J&F" in row] == [2, 4, 5]


def test_a_folder_for_metrics_that_cannot_be_is_told_before_anything_is_trained(
    train, passed_store, tmp_path
):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"expected to write metrics to .*; --log-dir takes another folder"):
        train(ExecutionConfig(device="cpu", log_dir=str(tmp_path / "file")))
    assert training_states(passed_store.backend) == []


def test_a_damaged_dataset_is_refused(train, staged, passed_store):
    path = passed_store.root / "objects" / staged.outcomes["sequences"].artifact[:2]
    for found in path.iterdir():
        found.write_bytes(found.read_bytes() + b" ")
    with pytest.raises(ObjectCorrupted):
        train()
