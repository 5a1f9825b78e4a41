import pytest

from shls_core.errors import InputError, NameUnknown

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
        other = {"name": "photos", "digest": "other", "kind": "published", "named_at": ""}
        append(lambda rows: {**other, "version": len(rows) + 1})
        return row

    monkeypatch.setattr(table, "append", append_and_be_overtaken)
    assert store.names.publish("photos", "mine") == ("photos@v2" if is_new else "photos@v1")


def kinds(store):
    return [(f"{row['name']}@v{row['version']}", row["digest"], row["kind"]) for row in store.names.rows()]


def test_a_tag_is_a_name_of_its_own(store):
    assert store.names.tag("submitted", "a") == "submitted@v1"
    assert store.names.tag("submitted", "a") == "submitted@v1"
    assert store.names.tag("submitted", "b") == "submitted@v2"
    assert kinds(store) == [("submitted@v1", "a", "tagged"), ("submitted@v2", "b", "tagged")]
    assert store.names.resolve("submitted") == "b"


def test_a_tag_moves_no_name_under_which_datasets_are_published(store):
    store.names.publish("photos", "a")
    with pytest.raises(InputError, match="expected a name of its own for a tag, got photos"):
        store.names.tag("photos", "b")
    assert store.names.resolve("photos") == "a"


def test_rolling_back_appends_the_earlier_meaning(store):
    for digest in "abc":
        store.names.publish("photos", digest)
    before = store.names.rows()
    assert store.names.earlier("photos") == "photos@v2"
    assert store.names.roll_back("photos") == "photos@v4"
    assert store.names.resolve("photos") == "b"
    assert store.names.rows()[:3] == before
    assert kinds(store)[3] == ("photos@v4", "b", "rolled_back")


def test_what_was_rolled_back_is_not_returned_to(store):
    for digest in "abc":
        store.names.publish("photos", digest)
    meant = []
    for _ in range(2):
        store.names.roll_back("photos")
        meant.append(store.names.resolve("photos"))
    assert meant == ["b", "a"]
    with pytest.raises(NameUnknown, match="before what it means now, found none"):
        store.names.roll_back("photos")
    store.names.publish("photos", "d")
    store.names.roll_back("photos")
    assert store.names.resolve("photos") == "a"


def test_rolling_back_to_a_version_and_forward_again(store):
    for digest in "abc":
        store.names.publish("photos", digest)
    assert store.names.roll_back("photos", "v1") == "photos@v4"
    assert store.names.roll_back("photos", "v3") == "photos@v5"
    assert store.names.resolve("photos") == "c"
    assert store.names.roll_back("photos", "v3") == "photos@v5"  # it means that already
    with pytest.raises(NameUnknown, match=r"among v1\.\.v5, got 'v9'"):
        store.names.roll_back("photos", "v9")
    with pytest.raises(NameUnknown, match="got 'birds'"):
        store.names.roll_back("birds")


def test_a_note_of_removal_is_no_version(store):
    store.names.publish("photos", "a")
    store.names.publish("photos", "b")
    store.names.mark_removed(store.names.rows()[0])
    assert store.names.removed_at().keys() == {"a"}
    assert len(store.names.rows()) == 2
    assert store.names.resolve("photos") == "b"
    assert store.names.publish("photos", "c") == "photos@v3"
