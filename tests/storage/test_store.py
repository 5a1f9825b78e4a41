import os

import obstore
import pytest

from shls_core.errors import InputError, NameUnknown, StoreError, StoreUnwritable
from storage import store as store_module
from storage.store import Store


def test_a_new_store_is_a_marked_folder_and_nothing_else(tmp_path):
    Store.create(tmp_path / "deep" / "store")
    names = [path.name for path in (tmp_path / "deep" / "store").rglob("*")]
    assert sorted(names) == ["objects", "store.json"]
    marker = (tmp_path / "deep" / "store" / "store.json").read_bytes()
    assert marker == b'{"format":1,"kind":"shls-store"}'


def test_a_new_store_in_a_bucket_is_its_marker_and_nothing_else(bucket):
    store = Store.create(f"{bucket}/deep/store/")
    assert store.location == f"{bucket}/deep/store"
    everything = obstore.list(Store.create(bucket).backend).collect()
    assert [entry["path"] for entry in everything] == ["deep/store/store.json", "store.json"]


def test_stores_in_one_bucket_know_nothing_of_each_other(bucket):
    first, second = Store.create(f"{bucket}/one"), Store.create(f"{bucket}/one-more")
    digest = first.objects.put(b"x")
    assert first.names.publish("photos", digest) == "photos@v1"
    assert second.objects.find(digest[:2]) == second.names.rows() == []
    with pytest.raises(NameUnknown, match=f"expected a store at {bucket}/on, found none"):
        Store.open(f"{bucket}/on")


def test_a_store_from_before_stores_were_marked_is_one_and_gets_its_mark(any_store):
    digest = any_store.objects.put(b"x")
    obstore.delete(any_store.backend, "store.json")
    assert Store.open(any_store.location).objects.get(digest) == b"x"
    Store.create(any_store.location)
    assert obstore.head(any_store.backend, "store.json")["size"] > 0


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        (
            b'{"format":2,"kind":"shls-store"}',
            "expected a store of format 1, got format 2 at .*: another version",
        ),
        (b'{"format":1}', "in store.json of the store at .*, got something else"),
        (b"[1]", "got something else"),
        (b"\xff", "got something else"),
    ],
)
def test_a_store_that_cannot_be_understood_is_refused(any_store, marker, told):
    obstore.put(any_store.backend, "store.json", marker)
    for way in (Store.open, Store.create):
        with pytest.raises(StoreError, match=told):
            way(any_store.location)


def test_a_bucket_that_lets_writers_replace_each_other_is_refused(bucket, monkeypatch):
    monkeypatch.setattr(store_module, "write_new", lambda *arguments: True)
    with pytest.raises(StoreUnwritable, match="does not honour If-None-Match"):
        Store.create(bucket)


@pytest.mark.parametrize("way", [Store.open, Store.create])
def test_a_bucket_that_is_not_there_is_told(bucket, way):
    with pytest.raises(StoreError, match=r"s3://nobody-made-this.*: there is no such bucket$"):
        way("s3://nobody-made-this/store")


def test_creating_again_keeps_what_is_there(any_store):
    store = any_store
    digest = store.objects.put(b"kept")
    assert Store.create(store.location).objects.get(digest) == b"kept"
    assert Store.open(store.location).objects.get(digest) == b"kept"


def test_opening_makes_nothing(tmp_path):
    with pytest.raises(NameUnknown, match=r"expected a store at .*nowhere, found none; `shls run` makes one"):
        Store.open(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "gone", "loop/below"])
def test_a_file_in_the_place_of_a_store_is_no_missing_store(tmp_path, place):
    (tmp_path / "file").touch()
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(
        InputError, match=r"expected a folder for the store, got (a file|a link that leads nowhere): "
    ):
        Store.open(tmp_path / place)


@pytest.mark.parametrize("place", ["file", "file/below", "half"])
def test_where_no_folder_can_be_it_says_so(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "objects").write_text("in the way")
    with pytest.raises(StoreUnwritable, match=rf"^expected a folder that can be written at \S+{place}: .*$"):
        Store.create(tmp_path / place)


def test_a_store_may_be_given_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digest = Store.create("here/../store").objects.put(b"x")
    os.chdir("/")
    assert Store.open(tmp_path / "store").objects.get(digest) == b"x"


@pytest.mark.parametrize("name", ["with blank", "Fotos für Österreich", "100%", "a#b?c", "日本"])
def test_odd_names_of_folders_are_fine(tmp_path, name):
    store = Store.create(tmp_path / name)
    digest = store.objects.put(b"x")
    assert store.names.publish("photos", digest) == "photos@v1"
    assert store.names.resolve("photos") == digest
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["ledger", "objects", "store.json"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "why"), [("a%20b", "%20"), ("[a]", "["), ("a|b", "|"), ("a\\b", "\\")])
def test_names_that_delta_lake_misreads_are_refused(tmp_path, name, why):
    for way in (Store.create, Store.open):
        with pytest.raises(StoreUnwritable) as raised:
            way(tmp_path / name)
        assert f"got {why} in {tmp_path / name}" in str(raised.value)
    assert list(tmp_path.iterdir()) == []
