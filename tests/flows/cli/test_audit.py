"""`shls audit` on the store of a whole run: nothing is wrong with it, and every change to it is named."""

import json
import re
import shutil
from pathlib import Path

import obstore
import pytest
from deltalake import DeltaTable

from storage.canonical import canonical_json
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store


@pytest.fixture
def opened(used_store):
    return Store.open(used_store)


@pytest.fixture
def outcome(first_run):
    return first_run.outcome


@pytest.fixture
def audited(used_store, shls):
    """Return a function that audits the store and returns the exit code and what was printed for scripts."""

    def run(*arguments, store=used_store):
        result = shls("audit", *arguments, "--store", store, "--json")
        assert result.stdout, result.stderr
        return result.exit_code, json.loads(result.stdout)

    return run


def found(told):
    return {(problem["kind"], problem["path"]) for problem in told["problems"]}


def rewrite(file: Path, change):
    data = bytearray(file.read_bytes())
    change(data)
    file.unlink()
    file.write_bytes(data)


def flip(data):
    data[len(data) // 2] ^= 1


def commit(table: str, number: int) -> str:
    return f"ledger/{table}/_delta_log/{number:020d}.json"


def test_nothing_is_wrong_with_a_run_and_its_audit_is_in_the_ledger(audited, opened, outcome):
    code, told = audited("--replay", "3", "--seed", "1")
    assert (code, told["verdict"], told["problems"]) == (0, "intact", [])
    assert told["datasets"] == [outcome.dataset.dataset]
    assert told["checkpoints"] == [outcome.training.checkpoint]
    assert told["scores"] == [outcome.evaluation.evaluation]
    again = told["replay"]["made_again"]
    assert {one["status"] for one in again} == {"identical"}
    assert {one["stage"] for one in again if one["what"].startswith("row")} == {
        "ingest",
        "saliency",
        "sequences",
        "superpixels",
    }
    assert sum(one["what"].startswith("shard") for one in again) == 4

    entry = opened.ledger.runs()[-1]
    assert (entry["kind"], entry["status"], entry["verdict"]) == ("audit", "completed", "intact")
    assert set(entry["inputs"]) == {*told["datasets"], *told["checkpoints"], *told["scores"]}
    assert told["head"] == entry["entry"] == opened.ledger.head()
    assert json.loads(entry["details"])["head"] == entry["previous"]


@pytest.mark.parametrize("kind", ["dataset", "checkpoint", "score"])
def test_an_artifact_is_audited_with_all_that_it_stands_on(audited, outcome, kind):
    artifact = {
        "dataset": outcome.dataset.dataset,
        "checkpoint": outcome.training.checkpoint,
        "score": outcome.evaluation.evaluation,
    }[kind]
    code, told = audited(artifact[:12], "--no-record")
    assert (code, told["audited"], told["problems"]) == (0, artifact, [])
    assert told["datasets"] == [outcome.dataset.dataset]
    assert len(told["checkpoints"]) == (kind != "dataset")
    assert len(told["scores"]) == (kind == "score")
    shards = sum(stage.shards_computed for stage in outcome.dataset.stages)
    made = len(outcome.dataset.stages) + shards + len(told["checkpoints"]) + len(told["scores"])
    assert told["keys"] == made + 1  # and of the verdict


def test_what_an_artifact_does_not_stand_on_is_not_looked_at(audited, used_store, opened, outcome):
    weights = get_record(opened.objects, outcome.training.checkpoint, CheckpointRecord).weights
    rewrite(used_store / object_path(weights), flip)
    assert audited("tiny")[0] == 0
    code, told = audited(outcome.training.checkpoint)
    assert (code, found(told)) == (1, {("damaged object", object_path(weights))})


def test_a_changed_byte_in_any_object_is_named(audited, used_store):
    objects = sorted(path for path in (used_store / "objects").rglob("*") if path.is_file())
    assert len(objects) > 15
    for path in objects:
        before = path.read_bytes()
        rewrite(path, flip)
        code, told = audited("--no-record")
        assert (code, told["verdict"]) == (1, "tampered")
        assert ("damaged object", str(path.relative_to(used_store))) in found(told)
        path.unlink()
        path.write_bytes(before)
    assert audited("--no-record")[0] == 0


def test_an_edited_manifest_is_named(audited, used_store, outcome):
    artifact = object_path(outcome.dataset.stages[1].artifact)
    edited = json.loads((used_store / artifact).read_bytes()) | {"rows": 9}
    rewrite(used_store / artifact, lambda data: data.__setitem__(slice(None), canonical_json(edited)))
    code, told = audited()
    assert (code, ("damaged object", artifact) in found(told)) == (1, True)


def test_a_dataset_that_was_edited_and_hashed_anew_has_no_run_that_made_it(audited, opened, outcome):
    """An attacker who follows the digests up to the dataset still has to give the new one the name."""
    dataset = get_record(opened.objects, outcome.dataset.dataset, DatasetManifest)
    manifest = get_record(opened.objects, dataset.stages["ingest"], StageManifest)
    other = put_record(
        opened.objects,
        DatasetManifest(
            stages=dataset.stages
            | {"ingest": put_record(opened.objects, manifest.model_copy(update={"code_digest": "1" * 64}))}
        ),
    )
    opened.names.publish("tiny", other)
    code, told = audited()
    assert (code, found(told)) == (1, {("tables disagree", "ledger/names")})
    assert told["problems"][0]["part_of"] == "tiny@v2"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_removed_commit_of_the_ledger_is_named(audited, used_store, number):
    (used_store / commit("runs", number)).unlink()
    code, told = audited()
    assert (code, told["verdict"], told["recorded"]) == (1, "tampered", False)
    assert ("broken ledger", commit("runs", number)) in found(told)


def test_the_removed_last_commit_is_missed_by_what_its_run_made(audited, used_store, outcome):
    (used_store / commit("runs", 3)).unlink()
    code, told = audited()
    assert (code, found(told)) == (1, {("unproven use", object_path(outcome.evaluation.evaluation))})
    assert "no run in the ledger made it" in told["problems"][0]["what"]


def test_a_removed_naming_is_missed_by_its_run(audited, used_store):
    shutil.rmtree(used_store / "ledger" / "names")
    code, told = audited()
    assert (code, found(told)) == (1, {("tables disagree", "ledger/names")})
    assert [one["part_of"] for one in told["problems"]] == ["tiny@v1", "names that are not there any more"]


def test_a_deleted_row_and_a_restored_table_are_named(audited, used_store):
    table = DeltaTable(used_store / "ledger" / "runs")
    table.delete("number = 3")
    assert ("broken ledger", commit("runs", 4)) in found(audited("--no-record")[1])
    DeltaTable(used_store / "ledger" / "runs").restore(3)
    _, told = audited("--no-record")
    named = {problem["path"]: problem["what"] for problem in told["problems"]}
    assert named[commit("runs", 5)] == "expected a commit that appends row 5, got RESTORE of 1 files"


def test_weights_swapped_for_others_are_named(audited, used_store, opened, outcome):
    weights = object_path(get_record(opened.objects, outcome.training.checkpoint, CheckpointRecord).weights)
    (used_store / weights).unlink()
    (used_store / weights).write_bytes(b"other weights, trained elsewhere")
    code, told = audited()
    assert (code, found(told)) == (1, {("damaged object", weights)})
    assert outcome.training.checkpoint[:12] in told["problems"][0]["part_of"]


def test_a_checkpoint_that_another_was_put_in_the_place_of_is_named(audited, opened, outcome):
    """The record of other weights, whole by its hash, found under the key of the training."""
    record = get_record(opened.objects, outcome.training.checkpoint, CheckpointRecord)
    other = record.model_copy(update={"weights": opened.objects.put(b"others"), "device_kind": "abacus"})
    swapped = put_record(opened.objects, other)
    opened.keys.put("checkpoints", record.key, swapped)
    code, told = audited()
    assert code == 1
    assert found(told) == {
        ("wrong key", f"keys/checkpoints/{record.key}"),
        ("unproven use", object_path(swapped)),
    }
    assert ("wrong key", f"keys/checkpoints/{record.key}") in found(
        audited(outcome.training.checkpoint, "--no-record")[1]
    )


def test_a_head_kept_elsewhere_shows_what_was_cut_off_the_end(audited, used_store):
    _, before = audited()
    assert audited("--expect-head", before["head"][:12], "--no-record")[0] == 0
    (used_store / commit("runs", 4)).unlink()  # the entry of that audit, which nothing else knows of
    assert audited("--no-record")[0] == 0
    code, told = audited("--expect-head", before["head"], "--no-record")
    assert (code, found(told)) == (1, {("unknown head", "ledger/runs")})
    assert before["head"][:12] in told["problems"][0]["what"]


@pytest.mark.parametrize("head", ["abc", "ABCDEFABCDEF", "x" * 64, "0" * 65])
def test_a_head_that_is_none_is_one_line(used_store, shls, head):
    result = shls("audit", "--store", used_store, "--expect-head", head)
    assert result.exit_code == 1
    assert "expected 12 to 64 digits of 0-9 and a-f in --expect-head" in result.stderr


def test_a_copied_store_gives_the_same_verdict_and_no_object_knows_where_it_lay(
    audited, used_store, first_run, tmp_path
):
    copy = Path(shutil.copytree(used_store, tmp_path / "elsewhere" / "copy"))
    (code, told), (code_there, told_there) = audited("--no-record"), audited("--no-record", store=copy)
    assert (code, told) == (code_there, told_there)
    for path in (used_store / "objects").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for place in (first_run.store, first_run.store.parent, used_store, Path.cwd()):
                assert str(place).encode() not in data, path


def test_a_store_that_is_not_to_be_written_is_audited_all_the_same(used_store, audited, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError("Read-only file system")

    monkeypatch.setattr(obstore, "put", refuse)
    code, told = audited()
    assert (code, told["verdict"], told["recorded"]) == (0, "intact", False)


@pytest.mark.slow
def test_withdraw_regenerate_purge(audited, used_store, opened, outcome, first_run, shls):
    """The old checkpoint is outstanding until it is gone; its replacement is clean; a purge is no damage."""
    old = get_record(opened.objects, outcome.dataset.dataset, DatasetManifest)
    image_id = (
        StageArtifact(opened.objects, old.stages["sequences"])
        .table(["source_ids"])["source_ids"][0]
        .as_py()[0]
    )
    at = ("--store", used_store)
    assert shls("dataset", "withdraw", image_id, "--reason", "asked for", *at).exit_code == 0
    code, told = audited()
    assert (code, told["verdict"], told["problems"]) == (4, "outstanding", [])
    (one,) = told["outstanding"]
    assert (one["photograph"], one["reason"]) == (image_id, "asked for")
    assert one["datasets"] == [outcome.dataset.dataset]
    assert one["checkpoints"] == [outcome.training.checkpoint]

    made = shls("run", "--config", first_run.config, *at, "--json")
    assert made.exit_code == 0, made.stderr
    replaced = json.loads(made.stdout)
    assert replaced["checkpoint"] != outcome.training.checkpoint
    for artifact in (replaced["dataset"], replaced["checkpoint"], replaced["evaluation"]["id"]):
        code, told = audited(artifact, "--replay", "2")
        assert (code, told["verdict"], told["outstanding"]) == (0, "intact", [])
    assert audited(outcome.training.checkpoint)[0] == 4
    assert audited()[1]["outstanding"] == [one]

    assert shls("dataset", "purge", image_id, *at).exit_code == 0
    code, told = audited()
    assert (code, told["problems"]) == (4, [])
    assert {shard["source_ids"][0] for shard in told["erased"]} == {image_id}
    # The bytes are gone; the weights that were learned from them are not.
    assert told["outstanding"] == [one | {"datasets": []}]
    shown = shls("audit", *at)
    assert f"outstanding  photograph {image_id[:12]}… (asked for)" in shown.stdout
    assert "erased by order: " in shown.stdout


def test_people_read_what_was_looked_at_and_the_verdict(used_store, shls):
    shown = shls("audit", "--store", used_store, "--replay", "1")
    assert shown.exit_code == 0, shown.stderr
    for line in (
        r"audited +the whole store",
        r"objects +\d+, [\d.]+ MB, each hashed",
        r"history +3 runs, 1 namings",
        r"artifacts +1 datasets, 1 checkpoints, 1 scores",
        r"made again +\d+ identical \(--seed \d+\)",
        r"verdict +intact",
        r"head +[0-9a-f]{64}; keep it elsewhere: shls audit --expect-head [0-9a-f]{12}",
    ):
        assert re.search(rf"^{line}$", shown.stdout, flags=re.MULTILINE), (line, shown.stdout)


def test_a_removed_commit_is_told_to_people_too(used_store, shls):
    (used_store / commit("runs", 2)).unlink()
    shown = shls("audit", "--store", used_store)
    assert shown.exit_code == 1
    assert f"broken ledger  {commit('runs', 2)}\n    part of the table runs" in shown.stdout
    assert "verdict      tampered" in shown.stdout
    assert "this audit leaves no entry in the ledger" in shown.stderr


def test_tags_and_rollbacks_are_witnessed_too(audited, used_store, opened, outcome, shls):
    at = ("--store", used_store)
    assert shls("dataset", "tag", "tiny", "mine", *at).exit_code == 0
    runs = opened.ledger.runs()
    assert [(run["kind"], json.loads(run["details"]).get("name")) for run in runs[-1:]] == [
        ("tag", "mine@v1")
    ]
    assert audited("--no-record")[0] == 0
    (used_store / commit("names", 2)).unlink()
    code, told = audited("--no-record")
    assert code == 1
    assert [one["part_of"] for one in told["problems"]] == ["mine@v1", "names that are not there any more"]


def test_show_tells_the_head_that_a_dataset_was_named_on(used_store, shls):
    shown = json.loads(shls("dataset", "show", "tiny", "--store", used_store, "--json").stdout)
    assert shown["ledger_head"] == "0" * 64  # nothing was in the ledger before the first run ended
    assert (
        "head of the ledger when it was named"
        in shls("dataset", "show", "tiny", "--store", used_store).stdout
    )
