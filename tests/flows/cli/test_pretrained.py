"""`--checkpoint pretrained`, and the command that makes such a checkpoint."""

import json

import numpy as np

from shls_core.files.masks.label_files import read_mask
from storage.records.manifests import record_id
from storage.store import Store
from storage.verification.verify import verify_store
from tasks.checkpoints.pretrained import keep_checkpoint, read_pretrained
from tasks.training.trained_folder import read_trained


def one_line(result):
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def test_a_clip_is_segmented_without_a_store(shls, clip, tmp_path):
    nowhere, out = tmp_path / "nowhere", tmp_path / "out"
    how = ("--checkpoint", "pretrained", "--store", nowhere, "--json")
    result = shls("segment", *clip, "--out", out, *how)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["checkpoint"] == record_id(read_pretrained().record)
    assert not nowhere.exists()
    last = np.zeros((64, 96), np.uint8)
    last[20:44, 30:60] = 1
    found = read_mask(out / "masks" / "2.png")
    assert (found & last).sum() / (found | last).sum() > 0.8


def test_without_a_checkpoint_the_pretrained_one_is_named(shls, clip, tmp_path):
    told = one_line(shls("segment", *clip, "--out", tmp_path / "out", "--store", tmp_path / "nowhere"))
    assert "found none" in told
    assert "`--checkpoint pretrained` needs none" in told
    Store.create(tmp_path / "empty")
    told = one_line(shls("segment", *clip, "--out", tmp_path / "out", "--store", tmp_path / "empty"))
    assert "`--checkpoint pretrained` is the one that comes with the project" in told


def test_it_is_scored_on_a_benchmark_into_a_new_store(shls, davis_benchmark, tmp_path):
    options = ("--out", tmp_path / "masks", "--store", tmp_path / "new", "--backend", "serial", "--json")
    result = shls("evaluate", "--davis", davis_benchmark[0], "--checkpoint", "pretrained", *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["checkpoint"] == record_id(read_pretrained().record)
    assert (tmp_path / "masks" / "report.html").is_file()
    store = Store.open(tmp_path / "new")
    assert verify_store(store).problems == ()
    [run] = store.ledger.runs()
    assert (run["kind"], run["inputs"]) == ("benchmark", [record_id(read_pretrained().record)])


def test_masks_may_be_submitted(shls, youtube_vos, tmp_path):
    where = ("--out", tmp_path / "masks", "--store", tmp_path / "new", "--backend", "serial", "--json")
    options = ("--format", "youtube-vos", "--checkpoint", "pretrained", *where)
    result = shls("evaluate", "--benchmark", youtube_vos, *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["dataset"] == read_pretrained().record.dataset
    assert verify_store(Store.open(tmp_path / "new")).problems == ()


def test_its_held_out_sequences_are_not_there(shls, tmp_path):
    told = one_line(shls("evaluate", "--checkpoint", "pretrained", "--store", tmp_path / "new"))
    assert "expected --davis ROOT or --benchmark ROOT with --checkpoint pretrained" in told
    assert not (tmp_path / "new").exists()


def test_in_a_store_it_is_known_by_its_id(shls, used_store):
    checkpoint = keep_checkpoint(Store.open(used_store), read_pretrained())[:12]
    at = ("--store", used_store)
    assert f"with --checkpoint {checkpoint}: the held-out" in one_line(
        shls("evaluate", "--checkpoint", checkpoint, *at)
    )
    assert "got a pretrained one, without a page" in one_line(shls("report", checkpoint, *at))
    told = shls("lineage", "up", checkpoint, *at)
    assert told.exit_code == 0, told.stderr
    assert f"checkpoint {checkpoint}" in told.stdout


def test_one_is_made_from_a_checkpoint_of_a_store(shls, first_run, tmp_path):
    checkpoint, out = first_run.outcome.training.checkpoint, tmp_path / "out"
    options = ("--pretrained", "--config", first_run.config, "--store", first_run.store, "--json")
    result = shls("checkpoint", "export", checkpoint[:12], "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    record, _ = read_trained(out)
    assert json.loads(result.stdout) == {"checkpoint": record_id(record), "folder": str(out)}
    assert (record.kind, record.made_from) == ("pretrained", checkpoint)


def test_a_checkpoint_is_taken_out_as_it_is(shls, first_run, tmp_path):
    checkpoint = first_run.outcome.training.checkpoint
    at = ("--out", tmp_path / "out", "--store", first_run.store)
    assert f"checkpoint {checkpoint[:12]}" in shls("checkpoint", "export", checkpoint, *at).stdout
    assert record_id(read_trained(tmp_path / "out").record) == checkpoint


def test_how_it_is_used_has_to_be_said(shls, first_run, tmp_path):
    checkpoint = first_run.outcome.training.checkpoint
    at = ("--out", tmp_path / "out", "--store", first_run.store)
    assert "expected --pretrained and --config together" in one_line(
        shls("checkpoint", "export", checkpoint, "--pretrained", *at)
    )
