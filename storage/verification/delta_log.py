"""Check Delta Lake's log of a table against the log of an append-only table.

Commit 0 creates the table, and every later commit adds the row of its number in one file: no commit is
missing, nothing is removed, the table is never restored to an earlier state, and no file changes its size.
Its schema only ever gets columns that this project adds, and no setting of the table changes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pyarrow as pa
from deltalake import Schema
from obstore.store import ObjectStore as Backend

from storage.files.failures import store_errors
from storage.files.inventory import list_files
from storage.files.readers import READERS
from storage.files.reading import read
from storage.tables import ledger, names
from storage.tables.append_only import CONFIGURATION
from storage.verification.problems import LEDGER, Problem

_MAKES, _APPENDS = "CREATE TABLE", "WRITE"
SCHEMAS: Mapping[str, pa.Schema] = {"runs": ledger.SCHEMA, "names": names.SCHEMA}
_SETTINGS: Mapping[str, Any] = {
    "configuration": CONFIGURATION,
    "partitionColumns": [],
    "format": {"provider": "parquet", "options": {}},
    "name": None,
    "description": None,
}


class _File(NamedTuple):
    """A file that a commit adds to the table."""

    name: str
    size: int
    rows: int | None
    first_number: int | None


class _Commit(NamedTuple):
    operation: str
    files: tuple[_File, ...]
    others: frozenset[str]
    """Actions that are neither of an append nor of a creation."""
    metadata: Mapping[str, Any] | None
    """Schema and settings, where it states them."""


def log_problems(backend: Backend, table: str) -> list[Problem]:
    """Return the problems of the log of a table of the ledger, each with its file.

    Parameters
    ----------
    backend
        The store.
    table
        ``runs`` or ``names``.
    """
    sizes = {path: size for path, size, _ in list_files(backend, f"ledger/{table}")}
    numbers = range(max((_number(path, table) for path in sizes), default=-1) + 1)
    paths = [f"ledger/{table}/_delta_log/{number:020d}.json" for number in numbers]
    there = [path for path in paths if path in sizes]
    with ThreadPoolExecutor(READERS) as readers:
        read = readers.map(lambda path: _read(backend, path, path == paths[0]), there)
        commits = dict(zip(there, read, strict=True))
    faults = [
        *(
            (path, fault)
            for number, path in enumerate(paths)
            for fault in _faults(number, path, commits, sizes)
        ),
        *_changed_metadata(commits, SCHEMAS[table]),
    ]
    return [Problem(LEDGER, path, f"the table {table}", fault) for path, fault in faults]


def _number(path: str, table: str) -> int:
    """Return the number of the commit at a path; -1 for another file."""
    found = re.fullmatch(rf"ledger/{table}/_delta_log/([0-9]{{20}})\.json", path)
    return int(found[1]) if found else -1


def _read(backend: Backend, path: str, is_first: bool) -> _Commit | None:
    """Return what a commit does, or None for a file that is not a commit."""
    with store_errors(f"expected to read {path} of the store"):
        data = read(backend, path)
    try:
        actions = [json.loads(line) for line in data.splitlines()]
        bodies = {name: body for action in actions for name, body in action.items()}
        files = tuple(_file(action["add"]) for action in actions if "add" in action)
        others = bodies.keys() - {"commitInfo", "add", "metaData", *(["protocol"] if is_first else [])}
        return _Commit(
            str(bodies["commitInfo"]["operation"]), files, frozenset(others), bodies.get("metaData")
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _file(added: Mapping[str, Any]) -> _File:
    stats = json.loads(added["stats"])
    number = stats.get("minValues", {}).get("number")
    return _File(str(added["path"]), int(added["size"]), stats.get("numRecords"), number)


def _faults(
    number: int, path: str, commits: Mapping[str, _Commit | None], sizes: Mapping[str, int]
) -> Iterator[str]:
    """Yield how a commit differs from one of an append-only table."""
    if path not in commits:
        yield f"commit {number} is not there, and a later one is"
        return
    commit = commits[path]
    if commit is None:
        yield "it is no commit"
        return
    operation, rows = (_APPENDS, [(1, number)]) if number else (_MAKES, [])
    found = [(file.rows, file.first_number) for file in commit.files]
    if commit.operation != operation or found != rows or commit.others:
        expected = f"appends row {number}" if number else "makes the table"
        also = (
            ""
            if commit.operation != _APPENDS
            else "".join(f", with {action}" for action in sorted(commit.others - {"remove"}))
        )
        yield f"expected a commit that {expected}, got {commit.operation} of {len(found)} files{also}"
    folder = path.partition("_delta_log")[0]
    for file in commit.files:
        size = sizes.get(folder + file.name)
        if size != file.size:
            yield f"its file {file.name} has {size or 'no'} bytes, the log says {file.size}"


def _changed_metadata(commits: Mapping[str, _Commit | None], schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield the commits that give a table another schema or other settings than this project does."""
    fields = {field["name"]: field for field in json.loads(Schema.from_arrow(schema).to_json())["fields"]}
    before: list[Any] = []
    table_id = None
    for path, commit in commits.items():
        if commit is None or commit.metadata is None:
            continue
        found = commit.metadata
        table_id = table_id or found.get("id")
        stated = {name: found.get(name) for name in _SETTINGS} | {"id": found.get("id")}
        expected = {**_SETTINGS, "id": table_id}
        if differing := sorted(name for name in expected if stated[name] != expected[name]):
            yield path, f"it changes the table itself: its {', '.join(differing)}"
        try:
            columns = json.loads(found["schemaString"])["fields"]
            unknown = [column["name"] for column in columns if column != fields.get(column["name"])]
        except (ValueError, TypeError, KeyError):
            yield path, "it gives the table a schema that cannot be read"
            continue
        if unknown:
            yield path, f"it gives the table other columns than its own: {', '.join(map(str, unknown))}"
        if columns[: len(before)] != before:
            yield path, "it removes columns of the table, or moves them"
        before = columns
