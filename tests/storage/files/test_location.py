from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError

from shls_core.errors import InputError, StoreError
from storage.files.location import ENDPOINTS, Bucket, Folder, locate
from storage.store import Store


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("s3://photos", Bucket("photos", "")),
        ("s3://photos/", Bucket("photos", "")),
        ("s3://my.photos-2/a/b_c=1.2", Bucket("my.photos-2", "a/b_c=1.2")),
        ("s3://photos/a//", Bucket("photos", "a")),
        ("/a/b", Folder(Path("/a/b"))),
        (Path("/s3:/a"), Folder(Path("/s3:/a"))),
    ],
)
def test_a_location_is_a_folder_or_a_prefix_in_a_bucket_and_spells_itself(text, location):
    assert locate(text) == location
    assert locate(str(location)) == location


def test_a_relative_folder_is_one_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(locate("store")) == str(tmp_path / "store")


@pytest.mark.parametrize(
    "text",
    [
        "s3:/photos",
        "s3://",
        "s3://Photos",
        "s3://a/b",
        "s3://photos/a//b",
        "s3://photos/../b",
        "s3://photos/a b",
        "s3://photos/%41",
        "s3://photos/ä",
        "gs://photos/a",
        "https://photos.s3.amazonaws.com",
        "file:/tmp/store",
    ],
)
def test_what_is_neither_is_refused(text):
    with pytest.raises(InputError) as raised:
        locate(text)
    assert str(raised.value).startswith("expected a folder, or s3://bucket/prefix of ")
    assert str(raised.value).endswith(f"got {text}")


@pytest.mark.parametrize("allowed", [None, "", "false"])
def test_an_address_without_encryption_has_to_be_allowed(monkeypatch, allowed):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ALLOW_HTTP", raising=False)
    if allowed is not None:
        monkeypatch.setenv("AWS_ALLOW_HTTP", allowed)
    with pytest.raises(InputError, match="expected AWS_ALLOW_HTTP=true beside AWS_ENDPOINT_URL=http://127"):
        locate("s3://photos")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    assert locate("s3://photos") == Bucket("photos", "")


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "{name} to be http://HOST:PORT or https://HOST, got an empty text: unset it"),
        (" ", "{name} to be http://HOST:PORT or https://HOST, got an empty text: unset it"),
        ("objects.example", "{name} to be http://HOST:PORT or https://HOST, got another text"),
        ("https://user:hidden@objects.example", "{name} without a user, got https://***@objects.example: "),
    ],
)
def test_an_address_that_nobody_can_ask_is_refused(monkeypatch, name, address, told):
    for one in ENDPOINTS:
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, address)
    with pytest.raises(InputError) as raised:
        locate("s3://photos")
    assert str(raised.value).startswith(f"expected {told.format(name=name)}")
    assert "hidden" not in str(raised.value)


def test_settings_that_obstore_does_not_understand_are_one_line(monkeypatch):
    monkeypatch.setenv("AWS_S3_EXPRESS", "perhaps")
    with pytest.raises(StoreError, match=r"expected settings of a bucket .*perhaps"):
        Bucket("photos", "").backend()


def test_the_environment_says_the_region(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    table = Bucket("photos", "a")
    assert table.table("runs").options["region"] == "us-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert table.table("runs").options["region"] == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert table.table("runs").options["region"] == "eu-central-1"
    assert table.table("runs").uri == "s3://photos/a/ledger/runs"
    assert table.table("runs").name == "runs"


def test_the_environment_cannot_let_writers_replace_each_other(any_store, monkeypatch):
    monkeypatch.setenv("AWS_S3_ALLOW_UNSAFE_RENAME", "true")
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    store = Store.create(any_store.location)
    store.names.publish("photos", "a")
    place = locate(store.location).table("names")
    first, second = (DeltaTable(place.uri, storage_options=place.options) for _ in "ab")
    row = pa.table(QueryBuilder().register("names", first).execute("SELECT * FROM names").read_all())
    at_once = {"mode": "append", "commit_properties": CommitProperties(max_commit_retries=0)}
    write_deltalake(first, row, **at_once)
    with pytest.raises(CommitFailedError):
        write_deltalake(second, row, **at_once)
