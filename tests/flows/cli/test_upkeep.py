import json
import re

import pytest

from storage.files.jobs import running_job
from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.store import Store


@pytest.fixture
def opened(used_store):
    return Store.open(used_store)


@pytest.fixture
def dataset(first_run):
    return first_run.outcome.dataset.dataset


@pytest.fixture
def shard(opened, dataset):
    """Path of a shard of sequences, inside the store."""
    sequences = get_record(opened.objects, dataset, DatasetManifest).stages["sequences"]
    return object_path(get_record(opened.objects, sequences, StageManifest).shards[0].digest)


def printed(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("reference", [["tiny"], ["--all"], []])
def test_verify_finds_nothing_wrong_with_a_run(used_store, shls, reference):
    facts = printed(shls("dataset", "verify", *reference, "--store", used_store, "--json"))
    assert facts["problems"] == []
    assert facts["objects"] > 8
    assert (
        "every byte is as it was written"
        in shls("dataset", "verify", *reference, "--store", used_store).stdout
    )


def test_a_flipped_byte_is_named_by_verify_and_refused_by_training(
    used_store, first_run, opened, shard, shls
):
    file = used_store / shard
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.unlink()
    file.write_bytes(data)

    result = shls("dataset", "verify", "tiny", "--store", used_store, "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["kind"], problem["path"]) == ("damaged object", shard)
    assert "sequences" in problem["part_of"]
    assert "build the dataset again" in problem["remedy"]
    shown = shls("dataset", "verify", "--all", "--store", used_store)
    assert shown.exit_code == 1
    assert f"damaged object  {shard}\n    part of dataset" in shown.stdout

    refused = shls("train", "--config", first_run.config, "--store", used_store)
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert re.match(rf"error: damaged object {shard}, part of dataset", line)
    assert opened.ledger.runs()[-1]["status"] == "failed"


def test_training_refuses_a_store_with_a_foreign_file(used_store, first_run, shls):
    (used_store / "objects" / "notes.txt").write_text("hello")
    refused = shls("train", "--config", first_run.config, "--store", used_store)
    assert refused.exit_code == 1
    assert "foreign file objects/notes.txt" in refused.stderr


def test_a_dataset_or_everything_but_not_both(used_store, shls):
    result = shls("dataset", "verify", "tiny", "--all", "--store", used_store)
    assert result.exit_code == 1
    assert "expected a dataset or --all, got both" in result.stderr


def test_tag_and_rollback_are_shown_in_the_list(used_store, opened, dataset, shls):
    at = ("--store", used_store, "--json")
    assert printed(shls("dataset", "tag", "tiny@v1", "submitted", *at)) == {
        "name": "submitted@v1",
        "dataset": dataset,
    }
    other = get_record(opened.objects, dataset, DatasetManifest)
    opened.names.publish("tiny", opened.objects.put(other.model_dump_json(indent=1).encode()))
    assert printed(shls("dataset", "rollback", "tiny", *at)) == {"name": "tiny@v3", "dataset": dataset}
    listed = printed(shls("dataset", "list", *at))["datasets"]
    assert [(row["name"], row["kind"]) for row in listed] == [
        ("tiny@v1", "published"),
        ("submitted@v1", "tagged"),
        ("tiny@v2", "published"),
        ("tiny@v3", "rolled_back"),
    ]
    assert "rolled back" in shls("dataset", "list", "--store", used_store).stdout
    refused = shls("dataset", "rollback", "tiny", "--store", used_store)
    assert refused.exit_code == 1
    assert "expected a version of tiny before what it means now" in refused.stderr


def test_gc_tells_removes_and_writes_down_what_went(used_store, opened, shls):
    orphan = opened.objects.put(b"of a run that was killed")
    at = ("--store", used_store, "--json")
    told = printed(shls("dataset", "gc", "--keep", "1", "--dry-run", *at))
    assert (told["objects"], told["bytes"], told["dry_run"]) == (1, 24, True)
    assert opened.objects.size(orphan) == 24
    assert "would remove 1 objects" in shls("dataset", "gc", "--keep", "1", "--dry-run", *at[:2]).stdout

    done = printed(shls("dataset", "gc", "--keep", "1", *at))
    assert done == told | {"dry_run": False}
    assert opened.objects.size(orphan) is None
    run = opened.ledger.runs()[-1]
    assert (run["kind"], run["status"]) == ("gc", "completed")
    assert json.loads(run["details"])["bytes"] == 24
    assert printed(shls("dataset", "verify", *at))["problems"] == []
    assert printed(shls("dataset", "gc", "--keep", "1", *at))["objects"] == 0


def test_gc_refuses_while_a_job_is_at_work(used_store, opened, shls):
    orphan = opened.objects.put(b"of the run that goes on")
    runs = len(opened.ledger.runs())
    with running_job(opened.backend, "train"):
        refused = shls("dataset", "gc", "--keep", "1", "--store", used_store)
        told = printed(shls("dataset", "gc", "--keep", "1", "--dry-run", "--store", used_store, "--json"))
    assert refused.exit_code == 1
    assert re.search("error: expected nobody at work in the store, found train by", refused.stderr)
    assert len(told["jobs_at_work"]) == 1
    assert opened.objects.size(orphan) is not None
    assert len(opened.ledger.runs()) == runs


def test_near_duplicates_lists_none_and_show_counts_them(used_store, dataset, shls):
    at = ("--store", used_store, "--json")
    assert printed(shls("dataset", "near-duplicates", "tiny", *at)) == {"dataset": dataset, "groups": []}
    assert printed(shls("dataset", "show", "tiny", *at))["near_duplicates"] == {"groups": 0, "photographs": 0}
    assert "0 groups" in shls("dataset", "near-duplicates", "tiny", "--store", used_store).stdout
