"""The log of a table: every change to it that is no append is named with its file."""

import json
import shutil

import obstore
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from storage.verification.delta_log import log_problems


@pytest.fixture
def store(any_store):
    return any_store


@pytest.fixture
def named(store):
    """A store with four rows in its table of names."""
    for digest in "abcd":
        store.names.publish("photos", digest * 64)
    return store


def told(store):
    return {problem.path: problem.what for problem in log_problems(store.backend, "names")}


def commit(number):
    return f"ledger/names/_delta_log/{number:020d}.json"


def test_nothing_is_wrong_with_rows_that_were_appended(named):
    assert told(named) == {}


def test_no_table_no_problem(store):
    assert told(store) == {}


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_missing_commit_is_named(named, number):
    obstore.delete(named.backend, commit(number))
    assert told(named) == {commit(number): f"commit {number} is not there, and a later one is"}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"not JSON", b'{"commitInfo": 3}', b'{"add": {}}'])
@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_file_that_is_no_commit_is_named(named, content):
    obstore.put(named.backend, commit(2), content)
    assert told(named) == {commit(2): "it is no commit"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_commit_in_the_place_of_another_is_named(named):
    shutil.copy(named.root / commit(2), named.root / commit(3))
    assert told(named) == {commit(3): "expected a commit that appends row 3, got WRITE of 1 files"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_rows_that_were_deleted_or_restored_are_named(named):
    DeltaTable(named.root / "ledger" / "names").delete("number = 4")
    DeltaTable(named.root / "ledger" / "names").restore(4)
    assert told(named) == {
        commit(5): "expected a commit that appends row 5, got DELETE of 0 files",
        commit(6): "expected a commit that appends row 6, got RESTORE of 1 files",
    }


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_a_file_of_another_size_is_named(named):
    added = json.loads((named.root / commit(2)).read_text().splitlines()[-1])["add"]
    file = named.root / "ledger" / "names" / added["path"]
    file.write_bytes(file.read_bytes() + b" ")
    what = f"its file {added['path']} has {added['size'] + 1} bytes, the log says {added['size']}"
    assert told(named) == {commit(2): what}
    file.unlink()
    assert told(named) == {commit(2): what.replace(str(added["size"] + 1), "no")}


def metadata_of(store):
    actions = [json.loads(line) for line in (store.root / commit(0)).read_text().splitlines()]
    return next(action["metaData"] for action in actions if "metaData" in action)


def add_action(store, number, action):
    path = store.root / commit(number)
    path.write_text(f"{path.read_text()}\n{json.dumps(action)}\n")


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"configuration": {"delta.enableExpiredLogCleanup": "true"}}, "its configuration"),
        ({"configuration": {"delta.enableExpiredLogCleanup": "false", "delta.x": "1"}}, "its configuration"),
        ({"id": "another"}, "its id"),
        ({"description": "mine"}, "its description"),
        ({"partitionColumns": ["name"]}, "its partitionColumns"),
    ],
)
def test_a_last_append_that_changes_the_table_itself_is_named(named, change, what):
    add_action(named, 4, {"metaData": metadata_of(named) | change})
    assert told(named) == {commit(4): f"it changes the table itself: {what}"}


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda fields: [*fields, fields[0] | {"name": "mine"}], "other columns than its own: mine"),
        (
            lambda fields: [fields[0] | {"type": "string"}, *fields[1:]],
            "it removes columns of the table, or moves them",
        ),
        (lambda fields: fields[1:], "it removes columns of the table"),
        (lambda fields: fields[::-1], "it removes columns of the table"),
    ],
)
def test_a_last_append_that_changes_the_columns_is_named(named, change, what):
    metadata = metadata_of(named)
    schema = json.loads(metadata["schemaString"])
    metadata["schemaString"] = json.dumps(schema | {"fields": change(schema["fields"])})
    add_action(named, 4, {"metaData": metadata})
    assert what in told(named)[commit(4)]


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
@pytest.mark.parametrize("action", ["protocol", "txn", "domainMetadata"])
def test_a_last_append_that_does_anything_else_is_named(named, action):
    add_action(named, 4, {action: {}})
    assert told(named) == {
        commit(4): f"expected a commit that appends row 4, got WRITE of 1 files, with {action}"
    }


@pytest.mark.parametrize("any_store", ["folder"], indirect=True)
def test_columns_that_this_project_added_are_no_problem(store, monkeypatch):
    from storage.tables import names

    old = pa.schema([field for field in names.SCHEMA if field.name != "ledger_head"])
    monkeypatch.setattr(store.names._table, "_schema", old)
    store.names._table.append(lambda rows: dict.fromkeys(old.names, "x") | {"version": 1, "number": 1})
    monkeypatch.undo()
    store.names.publish("photos", "a" * 64)
    assert told(store) == {}
