import pytest

from shls_core.errors import InputError

PUBLISH = """
import sys
from storage.store import Store
names = Store.create(sys.argv[1]).names
input(">")
for turn in range(4):
    digest = f"{sys.argv[2]}-{turn}"
    print(digest, names.publish("photos", digest))
"""


@pytest.fixture
def store(any_store):
    return any_store


def test_a_name_means_what_was_published_last_and_every_version_stays(store):
    assert store.names.publish("photos", "a") == "photos@v1"
    assert store.names.publish("photos", "b") == "photos@v2"
    assert store.names.publish("birds", "a") == "birds@v1"
    assert store.names.publish("photos", "a") == "photos@v3"
    assert store.names.resolve("photos") == "a"
    assert store.names.resolve("photos", "latest") == "a"
    assert [store.names.resolve("photos", f"v{version}") for version in (1, 2, 3, 4)] == ["a", "b", "a", None]
    assert store.names.resolve("birds", "v1") == "a"
    assert store.names.resolve("fish") is None
    assert store.names.resolve("photos", "v01") is None
    assert [row["name"] for row in store.names.rows()] == ["photos", "photos", "birds", "photos"]


def test_what_a_name_means_already_is_no_new_version(store):
    assert store.names.publish("photos", "a") == "photos@v1"
    assert store.names.publish("photos", "a") == "photos@v1"
    assert len(store.names.rows()) == 1


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize("name", ["", "1st", "a b", "photos@v1", "ä", "a/b", "a\n", "-x"])
def test_names_that_could_be_mistaken_are_refused(store, name):
    with pytest.raises(InputError, match="expected a name like 'photos'"):
        store.names.publish(name, "a")
    assert store.names.rows() == []


@pytest.mark.parametrize(
    "any_store", ["folder", pytest.param("bucket", marks=pytest.mark.slow)], indirect=True
)
def test_publishers_in_several_processes_never_make_the_same_version(store, in_processes):
    told = [
        line.split() for output in in_processes(PUBLISH, 3, store.location) for line in output.splitlines()
    ]
    rows = store.names.rows()
    assert [row["version"] for row in rows] == list(range(1, 13))
    assert {row["digest"]: f"photos@v{row['version']}" for row in rows} == dict(told)


@pytest.mark.parametrize("is_new", [True, False])
def test_a_publisher_is_told_its_own_version_though_another_came_after(store, monkeypatch, is_new):
    table = store.names._table
    append = table.append
    store.names.publish("photos", "first" if is_new else "mine")

    def append_and_be_overtaken(decide):
        row = append(decide)
        append(lambda rows: {"name": "photos", "version": len(rows) + 1, "digest": "other", "named_at": ""})
        return row

    monkeypatch.setattr(table, "append", append_and_be_overtaken)
    assert store.names.publish("photos", "mine") == ("photos@v2" if is_new else "photos@v1")
