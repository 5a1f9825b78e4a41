import shutil

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import ObjectCorrupted, ObjectMissing, StoreUnwritable
from storage.canonical import digest_bytes
from storage.objects import objects
from storage.objects.objects import object_path
from storage.store import Store

PUT_TOGETHER = """
import sys
from storage.store import Store
store = Store.create(sys.argv[1])
input(">")
for number in range(int(sys.argv[2])):
    print(store.objects.put(str(number).encode() * 5000))
"""


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    return Store.create(tmp_path_factory.mktemp("objects"))


@settings(max_examples=30)
@given(data=st.binary(max_size=200))
def test_bytes_come_back_under_their_sha_256(one_store, data):
    digest = one_store.objects.put(data)
    assert digest == digest_bytes(data)
    assert one_store.objects.get(digest) == data
    assert one_store.objects.size(digest) == len(data)
    assert one_store.objects.verify(digest)


def test_objects_are_the_same_wherever_they_are(any_store):
    digest = any_store.objects.put(b"some bytes")
    assert digest == any_store.objects.put(b"some bytes") == digest_bytes(b"some bytes")
    assert any_store.objects.get(digest) == b"some bytes"
    assert any_store.objects.open(digest).read() == b"some bytes"
    assert any_store.objects.size(digest) == 10
    assert any_store.objects.verify(digest)
    assert any_store.objects.find(digest[:2]) == any_store.objects.find(digest[:9]) == [digest]
    assert any_store.objects.find(digest[:9] + "-") == []


def test_what_is_there_is_not_written_again(store):
    digest = store.objects.put(b"once")
    path = store.root / object_path(digest)
    before = path.stat()
    assert store.objects.put(b"once") == digest
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [file.name for file in (store.root / "objects").rglob("*") if file.is_file()] == [digest]


def test_a_missing_object_is_named(any_store):
    store, digest = any_store, digest_bytes(b"never put")
    assert store.objects.size(digest) is None
    assert not store.objects.verify(digest)
    for read in (store.objects.get, store.objects.open):
        with pytest.raises(ObjectMissing, match=f"nothing at objects/{digest[:2]}/{digest}"):
            read(digest)


@pytest.mark.parametrize("at", [0, 5, 11])
def test_a_flipped_byte_is_found_and_the_file_named(store, damage, at):
    digest = store.objects.put(b"twelve bytes")
    path = damage(digest, lambda data: data.__setitem__(at, data[at] ^ 1))
    for read in (store.objects.get, store.objects.verify):
        with pytest.raises(ObjectCorrupted, match=f"{path.relative_to(store.root)}.*remove that file"):
            read(digest)


@pytest.mark.parametrize(
    ("any_store", "thing"), [("folder", "file"), ("bucket", "object")], indirect=["any_store"]
)
def test_what_helps_against_damage_is_said_in_words_of_the_place(any_store, thing):
    digest = any_store.objects.put(b"twelve bytes")
    obstore.put(any_store.backend, object_path(digest), b"other bytes!")
    for read in (any_store.objects.get, any_store.objects.verify):
        with pytest.raises(ObjectCorrupted, match=rf"\({object_path(digest)}\); remove that {thing} to have"):
            read(digest)
    obstore.put(any_store.backend, object_path(digest), b"short")
    with pytest.raises(ObjectCorrupted, match="its size differs"):
        any_store.objects.put(b"twelve bytes")
    obstore.delete(any_store.backend, object_path(digest))
    assert any_store.objects.get(any_store.objects.put(b"twelve bytes")) == b"twelve bytes"


def test_a_write_that_meets_another_is_made_again(any_store, monkeypatch):
    # S3 answers 409 to one of two writers at once; what it then lacks has to be written.
    monkeypatch.setattr(objects, "write_new", lambda *arguments: False)
    digest = any_store.objects.put(b"some bytes")
    assert any_store.objects.get(digest) == b"some bytes"


def test_a_truncated_object_is_found_even_by_who_would_write_it_again(store, damage):
    digest = store.objects.put(b"twelve bytes")
    path = damage(digest, lambda data: data.pop())
    with pytest.raises(ObjectCorrupted, match="bytes now hash to"):
        store.objects.get(digest)
    with pytest.raises(ObjectCorrupted, match="its size differs"):
        store.objects.put(b"twelve bytes")
    path.unlink()
    assert store.objects.get(store.objects.put(b"twelve bytes")) == b"twelve bytes"


@pytest.mark.parametrize(
    ("any_store", "count"),
    [("folder", 200), pytest.param("bucket", 40, marks=pytest.mark.slow)],
    indirect=["any_store"],
)
def test_processes_that_put_the_same_objects_do_not_disturb_each_other(any_store, count, in_processes):
    store = any_store
    outputs = in_processes(PUT_TOGETHER, 3, store.location, str(count))
    expected = [digest_bytes(str(number).encode() * 5000) for number in range(count)]
    assert [output.split() for output in outputs] == [expected] * 3
    assert all(store.objects.verify(digest) for digest in expected)
    paths = [str(entry["path"]) for entry in obstore.list(store.backend, "objects").collect()]
    assert sorted(paths) == sorted(map(object_path, expected))


def test_what_a_killed_writer_left_aside_is_not_an_object(store):
    digest = digest_bytes(b"whole")
    aside = store.root / f"{object_path(digest)}#1"
    aside.parent.mkdir(parents=True)
    aside.write_bytes(b"who")
    assert store.objects.size(digest) is None
    assert store.objects.find(digest[:6]) == []
    assert store.objects.get(store.objects.put(b"whole")) == b"whole"
    assert store.objects.find(digest[:6]) == [digest]


def test_a_store_that_takes_no_bytes_says_so(store):
    shutil.rmtree(store.root / "objects")
    (store.root / "objects").write_text("not a folder")
    with pytest.raises(StoreUnwritable, match=r"^expected to write objects/.*Not a directory.*$"):
        store.objects.put(b"x")


def test_find_lists_what_begins_with_the_digits(store):
    digests = {store.objects.put(str(number).encode()) for number in range(300)}
    prefix = next(iter(digests))[:3]
    found = store.objects.find(prefix)
    assert found == sorted(digest for digest in digests if digest.startswith(prefix))
    assert found
