import json

import pytest

from storage.rows.loader import SequenceLoader
from storage.store import Store


def test_export_tells_what_it_wrote(first_run, tmp_path, shls):
    out = tmp_path / "out"
    result = shls("dataset", "export", "tiny@latest", "--out", out, "--store", first_run.store, "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert (printed["dataset"], printed["out"]) == (first_run.outcome.dataset.dataset, str(out))
    store = Store.open(first_run.store)
    for split in ("train", "held_out"):
        told = sum(shard["samples"] for shard in printed["shards"] if shard["split"] == split)
        assert told == len(SequenceLoader(store.objects, printed["dataset"], split))
    assert {shard["path"]: shard["bytes"] for shard in printed["shards"]} == {
        str(path.relative_to(out)): path.stat().st_size for path in out.rglob("*.tar")
    }
    again = shls("dataset", "export", "tiny", "--out", out, "--store", first_run.store)
    assert again.exit_code == 1
    assert again.stderr == f"error: expected a new or empty folder to export to, found something at {out}\n"


def test_export_of_one_side_says_so_in_a_line(first_run, tmp_path, shls):
    out = tmp_path / "out"
    options = ("--split", "train", "--samples-per-shard", "1", "--store", first_run.store)
    result = shls("dataset", "export", "tiny", "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    count = len(list(out.rglob("*.tar")))
    assert f": {count} sequences in {count} tar shards" in result.stdout
    assert {path.name for path in out.iterdir()} == {"train", "index.json"}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "told"),
    [
        (["nothing"], 1, "expected the name or id of a dataset, got 'nothing'"),
        (["tiny", "--format", "hdf5"], 2, "Invalid value for '--format'"),
        (["tiny", "--split", "both"], 2, "Invalid value for '--split'"),
        (["tiny", "--samples-per-shard", "0"], 2, "Invalid value for '--samples-per-shard'"),
    ],
)
def test_what_cannot_be_exported_is_told_and_nothing_is_written(
    first_run, tmp_path, shls, arguments, exit_code, told
):
    result = shls("dataset", "export", *arguments, "--out", tmp_path / "out", "--store", first_run.store)
    assert result.exit_code == exit_code
    assert told in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_bucket_is_no_folder_to_export_to(first_run, tmp_path, shls, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a folder named "s3:" would appear
    result = shls("dataset", "export", "tiny", "--out", "s3://bucket/out", "--store", first_run.store)
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: expected a folder of this machine to export to, got s3://bucket/out; "
    )
    assert not list(tmp_path.iterdir())


def test_help_shows_an_example(shls):
    text = " ".join(shls("dataset", "export", "--help").stdout.split())
    assert "shls dataset export" in text.split("Example")[1]
