import json
import shutil
from pathlib import Path

from tasks.training.bare_training import main


def test_from_export_to_import_and_score(first_run, used_store, shls, tmp_path, capfd):
    """The three commands of the bare machine, and what comes of them."""
    for path in (used_store / "keys" / "checkpoints").iterdir():
        path.unlink()
    at = ("--store", used_store)
    exported = shls(
        *("dataset", "export", "tiny", "--format", "training", "--out", tmp_path / "exported"),
        *("--config", first_run.config, *at, "--json"),
    )
    assert exported.exit_code == 0, exported.stderr
    assert json.loads(exported.stdout)["dataset"] == first_run.outcome.dataset.dataset

    assert main([str(tmp_path / "exported"), "--out", str(tmp_path / "trained"), "--device", "cpu"]) == 0
    checkpoint = first_run.outcome.training.checkpoint
    assert capfd.readouterr().out.strip() == checkpoint

    shutil.rmtree(used_store / "objects" / checkpoint[:2])
    imported = shls("checkpoint", "import", tmp_path / "trained", *at, "--json")
    assert imported.exit_code == 0, imported.stderr
    assert json.loads(imported.stdout) == {"checkpoint": checkpoint}
    scored = shls("evaluate", "--config", first_run.config, *at, "--json")
    assert scored.exit_code == 0, scored.stderr


def test_checkpoints_are_listed(first_run, used_store, shls):
    at = ("--store", used_store)
    [listed] = json.loads(shls("checkpoint", "list", *at, "--json").stdout)["checkpoints"]
    training = first_run.outcome.training
    assert (listed["checkpoint"], listed["dataset_name"]) == (training.checkpoint, "tiny")
    assert (listed["method"], listed["step"], listed["validation"]) == ("shls", 3, None)
    row = shls("checkpoint", "list", *at).stdout.splitlines()[-2]
    assert training.checkpoint[:12] in row
    assert "shls" in row
    unknown = shls("train", "--reproduce", "012345", *at)
    assert "got '012345'; see `shls checkpoint list`" in unknown.stderr


def test_there_has_to_be_a_checkpoint(used_store, shls, tmp_path):
    result = shls("checkpoint", "import", tmp_path, "--store", used_store)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: expected a trained checkpoint in ")


def test_an_export_for_training_has_both_sides(first_run, shls, tmp_path):
    options = ("--format", "training", "--split", "train", "--store", first_run.store)
    result = shls("dataset", "export", "tiny", *options, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "expected both sides of the split" in result.stderr
    assert not Path(tmp_path / "out").exists()
