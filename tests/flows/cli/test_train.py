import json

import pytest

from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, put_record
from storage.store import Store


def altered(store, checkpoint, **changes):
    """Store the record of a checkpoint with something else in it, and return its id."""
    opened = Store.open(store)
    record = get_record(opened.objects, checkpoint, CheckpointRecord).model_copy(update=changes)
    return put_record(opened.objects, record)


def test_reproduce_says_with_its_exit_code_what_it_found(first_run, used_store, shls):
    at = ("--config", first_run.config, "--store", used_store)
    checkpoint = first_run.outcome.training.checkpoint
    same = shls("train", "--reproduce", checkpoint[:12], *at, "--json")
    assert same.exit_code == 0, same.stderr
    printed = json.loads(same.stdout)
    assert (printed["verdict"], printed["weights_again"]) == ("agrees", printed["weights"])

    other = Store.open(used_store).objects.put(b"other weights")
    differs = shls("train", "--reproduce", altered(used_store, checkpoint, weights=other), *at)
    assert differs.exit_code == 1
    assert f"weights {other[:12]} then, {printed['weights'][:12]} now" in differs.stdout

    elsewhere = altered(used_store, checkpoint, device_kind="another GPU")
    not_comparable = shls("train", "--reproduce", elsewhere, *at)
    assert not_comparable.exit_code == 3
    assert "not comparable" in not_comparable.stdout
    assert "another GPU" in not_comparable.stdout


def test_metrics_go_where_they_are_asked_to(first_run, used_store, shls, tmp_path):
    (key,) = (used_store / "keys" / "checkpoints").iterdir()
    key.unlink()
    at = ("--config", first_run.config, "--store", used_store)
    trained = shls("train", *at, "--log-dir", tmp_path / "logs", "--json")
    assert trained.exit_code == 0, trained.stderr
    assert json.loads(trained.stdout)["checkpoint"] == first_run.outcome.training.checkpoint
    (path,) = (tmp_path / "logs").glob("train-*/metrics.jsonl")
    assert len(path.read_text().splitlines()) == 3


def test_the_score_of_a_validation_is_shown(used_store, config_file, shls):
    config = config_file(training={"validate_every": 2, "validation_sequences": 1, "checkpoint": "best"})
    shown = shls("train", "--config", config, "--store", used_store)
    assert shown.exit_code == 0, shown.stderr
    assert "in validation after step" in shown.stdout


def test_best_weights_without_validation_are_a_mistake_told_in_one_line(used_store, config_file, shls):
    result = shls("train", "--config", config_file(training={"checkpoint": "best"}), "--store", used_store)
    assert result.exit_code == 1
    assert "training: expected validate_every > 0 with checkpoint: best, got 0" in result.stderr


@pytest.mark.parametrize("command", [("train",), ("checkpoint", "import")])
def test_help_shows_an_example(shls, command):
    text = " ".join(shls(*command, "--help").stdout.split())
    assert f"shls {' '.join(command)}" in text.split("Example")[1]
