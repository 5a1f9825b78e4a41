"""Training from an export, in a process in which the orchestrator's packages cannot be imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shls_core.errors import GateError, InputError, NameUnknown, ObjectCorrupted
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.training.config import TrainingConfig
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.checkpoints.importing import import_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.bare_training import main, train_exported
from tasks.training.export_order import export_training
from tasks.training.learning_config import LearningConfig
from tasks.training.train_task import train_network

ORCHESTRATION = ("prefect", "ray", "great_expectations", "deltalake")
BARE = """
import sys

forbidden = set(sys.argv.pop(1).split())

class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in forbidden:
            raise ImportError(f"{name} is not on this machine")

sys.meta_path.insert(0, Forbid())
from tasks.training.bare_training import main

code = main(sys.argv[1:])
assert not forbidden & {name.split(".")[0] for name in sys.modules}
sys.exit(code)
"""
LEARNING = LearningConfig(
    method=ShlsConfig(network=NetworkConfig(width_multiplier=0.0625)),
    training=TrainingConfig(
        steps=4, batch_size=1, num_threads=1, validate_every=2, validation_sequences=1, checkpoint="best"
    ),
)
CPU = ExecutionConfig(backend="serial", device="cpu", save_every=1)


@pytest.fixture
def exported(passed_store, staged, tmp_path) -> Path:
    """A folder with the staged dataset and what to learn from it."""
    export_training(passed_store, staged.dataset, LEARNING, tmp_path / "exported")
    return tmp_path / "exported"


@pytest.fixture
def trained(exported, tmp_path) -> Path:
    """A folder with the checkpoint that was learned from it."""
    train_exported(exported, tmp_path / "trained", CPU)
    return tmp_path / "trained"


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def train_without(forbidden, exported, out):
    """Train in a process in which some packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", BARE, " ".join(forbidden), exported, "--out", out, "--device", "cpu"],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_refinement_and_validation_need_no_faiss_where_torch_searches(passed_store, staged, tmp_path):
    refinement = RefinementConfig(mode="roi", decoder_width=0.0625)
    learning = LearningConfig(
        method=ShlsConfig(
            network=NetworkConfig(width_multiplier=0.0625, refinement=refinement),
            memory=MemoryConfig(search="torch"),
        ),
        training=LEARNING.training,
    )
    export_training(passed_store, staged.dataset, learning, tmp_path / "exported")
    done = train_without((*ORCHESTRATION, "faiss"), tmp_path / "exported", tmp_path / "trained")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "trained" / "record.json").read_bytes())
    assert not [name for name in record["versions"] if name.startswith("faiss")]
    assert len(record["validations"]) == 2


def test_a_bare_machine_gives_the_checkpoint_that_the_store_would(exported, passed_store, staged, tmp_path):
    before = files(exported)
    done = train_without(ORCHESTRATION, exported, tmp_path / "trained")
    assert done.returncode == 0, done.stderr
    assert files(exported) == before
    assert set(files(tmp_path / "trained")) == {"weights.safetensors", "record.json", "metrics.jsonl"}

    imported = import_checkpoint(tmp_path / "trained", passed_store)
    assert done.stdout.strip() == imported
    (run,) = passed_store.ledger.runs()
    assert (run["kind"], run["inputs"], run["outputs"]) == ("import", [staged.dataset], [imported])
    found = train_network.fn(staged.dataset, LEARNING, str(passed_store.root), CPU)
    assert (found.checkpoint, found.status) == (imported, "cached")
    for path in (passed_store.root / "keys" / "checkpoints").iterdir():
        path.unlink()
    again = train_network.fn(staged.dataset, LEARNING, str(passed_store.root), CPU)
    assert (again.checkpoint, again.status) == (imported, "computed")


@pytest.mark.parametrize("step", [1, 3, 4])
def test_ended_after_a_step_it_goes_on(exported, trained, tmp_path, monkeypatch, step):
    whole = files(trained)
    monkeypatch.setattr("tasks.training.bare_training._lines", lambda learning: end_at(step))
    with pytest.raises(KeyboardInterrupt):
        train_exported(exported, tmp_path / "again", CPU)
    monkeypatch.undo()
    train_exported(exported, tmp_path / "again", CPU)
    again = files(tmp_path / "again")
    assert {name: again[name] for name in again if name != "metrics.jsonl"} == {
        name: whole[name] for name in whole if name != "metrics.jsonl"
    }


def end_at(step):
    def observe(row):
        if row["step"] == step:
            raise KeyboardInterrupt

    return observe


def test_what_is_done_is_not_done_again_and_not_overwritten(
    exported, trained, passed_store, staged, tmp_path
):
    before = files(trained)
    train_exported(exported, trained, CPU)
    assert files(trained) == before
    other = LEARNING.model_copy(update={"method": ShlsConfig(network=NetworkConfig(width_multiplier=0.125))})
    export_training(passed_store, staged.dataset, other, tmp_path / "other")
    with pytest.raises(InputError, match="found another checkpoint"):
        train_exported(tmp_path / "other", trained, CPU)


def test_a_damaged_export_is_refused(exported, staged, tmp_path):
    (path,) = (exported / "store" / "objects").glob(f"*/{staged.outcomes['sequences'].artifact}")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ObjectCorrupted, match="damaged object"):
        train_exported(exported, tmp_path / "trained", CPU)


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "which `shls dataset export --format training` writes"), ("{}", "got dataset: Field required")],
)
def test_a_folder_without_an_order_is_told_in_one_line(tmp_path, capsys, content, told):
    if content:
        (tmp_path / "training.json").write_text(content)
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: expected ")
    assert told in line


def test_weights_that_are_not_of_the_record_are_not_imported(trained, passed_store):
    weights = trained / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(ObjectCorrupted, match="the file was changed or cut short"):
        import_checkpoint(trained, passed_store)
    assert passed_store.ledger.runs() == []


def test_a_checkpoint_of_an_unknown_dataset_is_not_imported(trained, tmp_path):
    Store.create(tmp_path / "other")
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset"):
        import_checkpoint(trained, Store.open(tmp_path / "other"))


def test_a_checkpoint_of_a_dataset_that_did_not_pass_is_not_imported(trained, passed_store, staged):
    (passed_store.root / "keys" / "verdict-of-dataset" / staged.dataset).unlink()
    with pytest.raises(GateError, match="never validated"):
        import_checkpoint(trained, passed_store)


def test_a_record_of_something_else_is_not_imported(trained, passed_store):
    record = trained / "record.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"kind": "evaluation"}))
    with pytest.raises(InputError, match="expected the record of a checkpoint"):
        import_checkpoint(trained, passed_store)


def test_lineage_holds_after_the_import(trained, passed_store, staged):
    checkpoint = import_checkpoint(trained, passed_store)
    record = get_record(passed_store.objects, checkpoint, CheckpointRecord)
    assert record.dataset == staged.dataset
    assert passed_store.objects.get(record.weights) == (trained / "weights.safetensors").read_bytes()
