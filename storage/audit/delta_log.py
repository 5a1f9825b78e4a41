"""The log that Delta Lake keeps of a table, held to what an append-only table leaves in it.

Commit 0 makes the table, and every commit after it adds one row in one file: nothing is left out, nothing is
removed, the table is never restored to an earlier state, and no file changes its size.
"""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import obstore
from obstore.store import ObjectStore as Backend

from storage.failures import failures_told
from storage.inventory import list_files
from storage.problems import LEDGER, Problem

_READERS = 16
Action = Mapping[str, Any]


def log_problems(backend: Backend, table: str) -> list[Problem]:
    """Return what is wrong with the log of a table of the ledger, each with the file that it is about.

    Parameters
    ----------
    backend
        The store.
    table
        ``runs`` or ``names``.
    """
    sizes = {path: size for path, size, _ in list_files(backend, f"ledger/{table}")}
    commits = [number for path in sizes if (number := _commit_number(path, table)) is not None]
    numbers = range(max(commits, default=-1) + 1)
    with ThreadPoolExecutor(_READERS) as readers:
        read = readers.map(lambda number: _actions(backend, _commit_path(table, number)), sorted(commits))
        actions = dict(zip(sorted(commits), read, strict=True))
    return [
        Problem(LEDGER, _commit_path(table, number), f"the table {table}", fault)
        for number in numbers
        for fault in _faults(number, actions.get(number), sizes, table)
    ]


def _commit_path(table: str, number: int) -> str:
    return f"ledger/{table}/_delta_log/{number:020d}.json"


def _commit_number(path: str, table: str) -> int | None:
    found = re.fullmatch(rf"ledger/{table}/_delta_log/([0-9]{{20}})\.json", path)
    return int(found[1]) if found else None


def _actions(backend: Backend, path: str) -> list[Action] | None:
    """Return what a commit says, or None where it cannot be read as one."""
    with failures_told(f"expected to read {path} of the store"):
        data = bytes(obstore.get(backend, path).bytes())
    try:
        actions = [json.loads(line) for line in data.splitlines()]
    except ValueError:
        return None
    return actions if all(isinstance(action, dict) for action in actions) else None


def _faults(number: int, actions: list[Action] | None, sizes: Mapping[str, int], table: str) -> Iterator[str]:
    """Yield what keeps a commit from being one of an append-only table."""
    if actions is None:
        is_there = _commit_path(table, number) in sizes
        yield "it is no commit" if is_there else f"commit {number} is not there, a later one is"
        return
    added = [action["add"] for action in actions if "add" in action]
    operation = next(
        (action["commitInfo"].get("operation") for action in actions if "commitInfo" in action), "nothing"
    )
    rows = [json.loads(add.get("stats") or "{}").get("numRecords") for add in added]
    expected = [1] if number else []
    if rows != expected or any("remove" in action for action in actions):
        yield f"expected a commit that {'appends one row' if number else 'makes the table'}, got {operation}"
    for add in added:
        path = f"ledger/{table}/{add['path']}"
        if sizes.get(path) != add["size"]:
            found = f"has {sizes[path]} bytes" if path in sizes else "is not there"
            yield f"its file {path} {found}, the log says {add['size']}"
