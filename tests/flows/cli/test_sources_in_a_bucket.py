"""Commands on photographs and videos that lie in a bucket."""

import json

import pytest

from storage.store import Store


def one_line(result):
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1]


def printed(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
def test_a_run_on_a_bucket_is_the_run_on_the_folder(
    shls, first_run, config_file, photographs, upload, bucket, tmp_path, requests
):
    there, at = upload(photographs, "photos"), ("--config", config_file(), "--store", f"{bucket}/store")
    whole = printed(shls("run", "--images", there, *at, "--json"))
    expected = first_run.outcome
    assert whole["dataset"] == expected.dataset.dataset
    assert whole["checkpoint"] == expected.training.checkpoint

    requests.clear()
    again = printed(shls("dataset", "build", "--images", there, *at, "--json"))
    assert again["dataset"] == expected.dataset.dataset
    assert {key for key in requests if key.startswith("photos/")} == set()
    ingest = next(stage for stage in again["stages"] if stage["name"] == "ingest")
    assert (ingest["files_read"], ingest["files_unchanged"]) == (0, 8)
    assert printed(shls("dataset", "plan", "--images", there, *at, "--json"))["is_fresh"]
    assert {key for key in requests if key.startswith("photos/")} == set()
    rehashed = printed(shls("dataset", "build", "--images", there, *at, "--rehash", "--json"))
    assert rehashed["dataset"] == expected.dataset.dataset
    assert sum(key.startswith("photos/") for key in requests) == 8

    out = tmp_path / "preview.png"
    shown = printed(
        shls("dataset", "preview", "--images", there, *at, "--count", "2", "--out", out, "--json")
    )
    assert len(shown["samples"]) == 2
    object_address = f"{there}/coffee.png"
    withdrawn = printed(
        shls("dataset", "withdraw", object_address, "--reason", "consent revoked", *at[2:], "--json")
    )
    found = shls("lineage", "down", object_address, *at[2:])
    assert found.exit_code == 0
    assert "coffee.png" in found.stdout
    purged = shls("dataset", "purge", object_address, *at[2:])
    assert purged.exit_code == 0, purged.stderr
    assert withdrawn
    assert shls("dataset", "verify", *at[2:]).exit_code == 0


def test_what_is_wrong_with_sources_in_a_bucket_is_said_in_one_line(shls, config_file, bucket, tmp_path):
    at = ("--config", config_file(), "--store", tmp_path / "store")
    for images, expected in (
        (f"{bucket}/none", f"expected photographs at {bucket}/none, found no object below it"),
        ("s3://nobody-made-this/p", "expected to list s3://nobody-made-this/p: there is no such bucket"),
        ("gs://b/p", "expected a folder, or s3://bucket/prefix, got gs://b/p"),
        ("s3://anna:SECRET@b/p", "expected images without credentials, got s3://***@b/p"),
    ):
        told = one_line(shls("dataset", "plan", "--images", images, *at))
        assert told == f"error: {expected}"
    gone, store = f"{bucket}/gone.jpg", Store.create(tmp_path / "store").location
    told = one_line(shls("dataset", "withdraw", gone, "--reason", "x", "--store", store))
    assert told == f"error: expected an object at {gone}, found none"
