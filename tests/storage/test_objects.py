import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import ObjectCorrupted, ObjectMissing, StoreUnwritable
from storage.canonical import digest_bytes
from storage.objects import object_path
from storage.store import Store

PUT_TOGETHER = """
import sys
from storage.store import Store
store = Store.create(sys.argv[1])
input(">")
for number in range(200):
    print(store.objects.put(str(number).encode() * 5000))
"""


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    return Store.create(tmp_path_factory.mktemp("objects"))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_bytes_come_back_under_their_sha_256(one_store, data):
    digest = one_store.objects.put(data)
    assert digest == digest_bytes(data)
    assert one_store.objects.get(digest) == data
    assert one_store.objects.size(digest) == len(data)
    assert one_store.objects.verify(digest)


def test_what_is_there_is_not_written_again(store):
    digest = store.objects.put(b"once")
    path = store.root / object_path(digest)
    before = path.stat()
    assert store.objects.put(b"once") == digest
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [file.name for file in (store.root / "objects").rglob("*") if file.is_file()] == [digest]


def test_a_missing_object_is_named(store):
    digest = digest_bytes(b"never put")
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


def test_a_truncated_object_is_found_even_by_who_would_write_it_again(store, damage):
    digest = store.objects.put(b"twelve bytes")
    path = damage(digest, lambda data: data.pop())
    with pytest.raises(ObjectCorrupted, match="bytes now hash to"):
        store.objects.get(digest)
    with pytest.raises(ObjectCorrupted, match="its size differs"):
        store.objects.put(b"twelve bytes")
    path.unlink()
    assert store.objects.get(store.objects.put(b"twelve bytes")) == b"twelve bytes"


def test_processes_that_put_the_same_objects_do_not_disturb_each_other(store, in_processes):
    outputs = in_processes(PUT_TOGETHER, 3, str(store.root))
    expected = [digest_bytes(str(number).encode() * 5000) for number in range(200)]
    assert [output.split() for output in outputs] == [expected] * 3
    assert all(store.objects.verify(digest) for digest in expected)
    files = [file.name for file in (store.root / "objects").rglob("*") if file.is_file()]
    assert sorted(files) == sorted(expected)


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
