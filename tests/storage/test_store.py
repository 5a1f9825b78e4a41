import os

import pytest

from shls_core.errors import NameUnknown, StoreUnwritable
from storage.store import Store


def test_a_new_store_is_an_empty_folder_and_nothing_else(tmp_path):
    Store.create(tmp_path / "deep" / "store")
    assert [path.name for path in (tmp_path / "deep" / "store").rglob("*")] == ["objects"]


def test_creating_again_keeps_what_is_there(store):
    digest = store.objects.put(b"kept")
    assert Store.create(store.root).objects.get(digest) == b"kept"
    assert Store.open(store.root).objects.get(digest) == b"kept"


def test_opening_makes_nothing(tmp_path):
    with pytest.raises(NameUnknown, match=r"expected a store at .*nowhere, found none; `shls run` makes one"):
        Store.open(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


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
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["ledger", "objects"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "why"), [("a%20b", "%20"), ("[a]", "["), ("a|b", "|"), ("a\\b", "\\")])
def test_names_that_delta_lake_misreads_are_refused(tmp_path, name, why):
    for way in (Store.create, Store.open):
        with pytest.raises(StoreUnwritable) as raised:
            way(tmp_path / name)
        assert f"got {why} in {tmp_path / name}" in str(raised.value)
    assert list(tmp_path.iterdir()) == []
