"""Objects of a bucket that are photographs and videos: listed, read whole, named where they cannot be."""

import hashlib
import os

import obstore
import pytest

from shls_core.errors import InputError, StoreUnreachable
from storage.files import reading
from storage.sources.bucket import (
    SourceBucket,
    digest_of_object,
    head_of_object,
    is_address,
    parents_of,
    read_object,
)

DATA = os.urandom(3_000_000)


@pytest.fixture
def there(upload, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a b.jpg").write_bytes(DATA)
    (tmp_path / "c.jpg").write_bytes(b"")
    return upload(tmp_path, "some/prefix")


class CutOff:
    """An answer whose end is missing."""

    def __init__(self, answer):
        self._answer, self.meta = answer, answer.meta

    def stream(self, min_chunk_size):
        yield next(iter(self._answer.stream(min_chunk_size=min_chunk_size)))


@pytest.fixture
def cut_off(monkeypatch):
    """Return a function after which the next answers are cut off."""
    left, get = [0], obstore.get
    monkeypatch.setattr(reading, "_FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(reading, "_LONGEST_PAUSE_SECONDS", 0.001)

    def cutting(backend, path, **options):
        left[0] -= 1
        answer = get(backend, path, **options)
        return CutOff(answer) if left[0] >= 0 else answer

    monkeypatch.setattr(obstore, "get", cutting)
    return lambda count: left.__setitem__(0, count)


def test_objects_are_listed_by_name_with_size_and_etag(there):
    found = SourceBucket.at(f"{there}/").objects()
    assert [(one.name, one.facts.size) for one in found] == [("c.jpg", 0), ("deep/a b.jpg", len(DATA))]
    assert len({one.facts.etag for one in found}) == 2
    assert SourceBucket.at(there).address_of("c.jpg") == f"{there}/c.jpg"


def test_a_whole_bucket_may_be_the_place(there, bucket):
    assert [one.name for one in SourceBucket.at(bucket).objects()] == [
        "some/prefix/c.jpg",
        "some/prefix/deep/a b.jpg",
    ]


def test_an_object_is_hashed_and_its_beginning_read(there):
    assert digest_of_object(f"{there}/deep/a b.jpg") == hashlib.sha256(DATA).hexdigest()
    assert head_of_object(f"{there}/deep/a b.jpg", 10) == DATA[:10]
    assert head_of_object(f"{there}/c.jpg", 10) == b""


def test_an_answer_that_breaks_off_is_read_again_from_its_beginning(there, cut_off):
    cut_off(2)
    assert digest_of_object(f"{there}/deep/a b.jpg") == hashlib.sha256(DATA).hexdigest()
    cut_off(100)
    with pytest.raises(StoreUnreachable, match=r"expected to read s3://.*: .*3000000 are there"):
        digest_of_object(f"{there}/deep/a b.jpg")


def test_who_has_enough_reads_no_further(there, cut_off):
    cut_off(1)
    assert (
        1 << 20 <= read_object(f"{there}/deep/a b.jpg", lambda facts, pieces: len(next(pieces))) < len(DATA)
    )


def test_what_is_not_there_is_named(there):
    with pytest.raises(InputError, match=rf"^expected an object at {there}/gone\.jpg, found none$"):
        digest_of_object(f"{there}/gone.jpg")


@pytest.mark.parametrize(
    "address", ["gs://bucket/p", "s3://", "s3://b", "s3://Bucket/p", "s3://bucket/a/../b", "s3://bucket/a//b"]
)
def test_other_addresses_are_refused(address):
    with pytest.raises(InputError, match=r"^expected a folder, or s3://bucket/prefix, got "):
        SourceBucket.at(address)


def test_an_address_with_a_password_is_refused_without_it():
    with pytest.raises(InputError) as raised:
        SourceBucket.at("s3://anna:SECRET@bucket/p")
    assert "SECRET" not in str(raised.value)


def test_addresses_and_folders_in_names():
    assert is_address("s3://b/p")
    assert not is_address("/a/s3:/b")
    assert list(parents_of("a")) == []
    assert list(parents_of("a/b/c")) == ["a", "a/b"]
