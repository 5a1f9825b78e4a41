"""Every command on a bucket."""

import json

import pytest

from storage.store import Store


def one_line(result):
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_commands_do_in_a_bucket_what_they_do_in_a_folder(first_run, config_file, bucket, shls):
    at = ("--config", first_run.config, "--store", f"{bucket}/nightly")
    expected = first_run.outcome

    built = json.loads(shls("dataset", "build", *at, "--json").stdout)
    assert (built["dataset"], built["name"]) == (expected.dataset.dataset, "tiny@v1")
    (listed,) = json.loads(shls("dataset", "list", *at[2:], "--json").stdout)["datasets"]
    assert (listed["name"], listed["dataset"]) == ("tiny@v1", expected.dataset.dataset)
    shown = json.loads(shls("dataset", "show", expected.dataset.dataset[:8], *at[2:], "--json").stdout)
    assert (shown["dataset"], shown["verdict"]) == (expected.dataset.dataset, "passed")
    trained = json.loads(shls("train", *at, "--json").stdout)
    assert trained["checkpoint"] == expected.training.checkpoint
    scored = json.loads(shls("evaluate", *at, "--json").stdout)
    assert scored["evaluation"]["id"] == expected.evaluation.evaluation

    again = json.loads(shls("run", *at, "--json").stdout)
    assert {stage["status"] for stage in again["stages"]} == {"cached"}
    assert again["training"]["status"] == again["evaluation"]["status"] == "cached"
    kinds = [run["kind"] for run in Store.open(f"{bucket}/nightly").ledger.runs()]
    assert kinds == ["dataset", "train", "evaluate"] * 2


def test_what_is_wrong_with_a_bucket_is_told_in_one_line(bucket, config_file, shls, monkeypatch):
    told = one_line(shls("dataset", "list", "--store", f"{bucket}/nothing"))
    assert told == f"error: expected a store at {bucket}/nothing, found none; `shls run` makes one"
    told = one_line(shls("dataset", "build", "--config", config_file(), "--store", "s3://nobody-made-this"))
    assert told.startswith("error: expected a bucket that can be written at s3://nobody-made-this: ")
    assert told.endswith(": there is no such bucket")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = one_line(shls("dataset", "list", "--store", bucket))
    assert told.startswith(f"error: expected to read the store at {bucket}: ")
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    assert "expected AWS_ALLOW_HTTP=true" in one_line(shls("dataset", "list", "--store", bucket))
