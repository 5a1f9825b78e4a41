"""Check Delta Lake's log of a table against the log of an append-only table.

Commit 0 creates the table, and every later commit adds the row of its number in one file: no commit is
missing, nothing is removed, the table is never restored to an earlier state, and no file changes its size.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from obstore.store import ObjectStore as Backend

from storage.files.failures import store_errors
from storage.files.inventory import list_files
from storage.files.readers import READERS
from storage.files.reading import read
from storage.verification.problems import LEDGER, Problem

_MAKES, _APPENDS = "CREATE TABLE", "WRITE"


class _File(NamedTuple):
    """A file that a commit adds to the table."""

    name: str
    size: int
    rows: int | None
    first_number: int | None


class _Commit(NamedTuple):
    operation: str
    files: tuple[_File, ...]
    removes: bool


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
        commits = dict(zip(there, readers.map(lambda path: _read(backend, path), there), strict=True))
    return [
        Problem(LEDGER, path, f"the table {table}", fault)
        for number, path in enumerate(paths)
        for fault in _faults(number, path, commits, sizes)
    ]


def _number(path: str, table: str) -> int:
    """Return the number of the commit at a path; -1 for another file."""
    found = re.fullmatch(rf"ledger/{table}/_delta_log/([0-9]{{20}})\.json", path)
    return int(found[1]) if found else -1


def _read(backend: Backend, path: str) -> _Commit | None:
    """Return what a commit does, or None for a file that is not a commit."""
    with store_errors(f"expected to read {path} of the store"):
        data = read(backend, path)
    try:
        actions = [json.loads(line) for line in data.splitlines()]
        bodies = {name: body for action in actions for name, body in action.items()}
        files = tuple(_file(action["add"]) for action in actions if "add" in action)
        return _Commit(str(bodies["commitInfo"]["operation"]), files, "remove" in bodies)
    except (ValueError, TypeError, KeyError, AttributeError):
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
    if commit.operation != operation or found != rows or commit.removes:
        expected = f"appends row {number}" if number else "makes the table"
        yield f"expected a commit that {expected}, got {commit.operation} of {len(found)} files"
    folder = path.partition("_delta_log")[0]
    for file in commit.files:
        size = sizes.get(folder + file.name)
        if size != file.size:
            yield f"its file {file.name} has {size or 'no'} bytes, the log says {file.size}"
