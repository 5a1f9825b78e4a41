"""The names that a store gave to datasets, as text and as JSON."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from storage.canonical import short
from storage.store import Store
from tasks.terminal import Terminal, print_line


def list_json(store: Store) -> dict[str, Any]:
    """Return every name that was given to a dataset, oldest first."""
    removed = store.names.removed_at()
    datasets = [
        {
            "name": f"{row['name']}@v{row['version']}",
            "dataset": row["digest"],
            "kind": row["kind"],
            "named_at": row["named_at"],
            "ledger_head": row["ledger_head"],
            "removed_at": _removed_at(store, removed, row["digest"]),
        }
        for row in store.names.rows()
    ]
    return {"datasets": datasets}


def _removed_at(store: Store, removed: Mapping[str, str], digest: str) -> str | None:
    """Return when a dataset was removed; None if it was not, or was built again since."""
    # Few were removed, so only of these does anybody ask the store whether they are there again.
    return removed[digest] if digest in removed and store.objects.size(digest) is None else None


def show_list(store: Store, last: int) -> None:
    """Print the newest of the names that were given to datasets, oldest first; 0: all of them."""
    rows = list_json(store)["datasets"]
    listed = rows[-last:]  # of 0, this is all
    table = Table("name", "dataset", "how", "since (UTC)")
    for row in listed:
        gone = f", removed by gc on {row['removed_at'][:10]}" if row["removed_at"] else ""
        how = row["kind"].replace("_", " ") + gone
        table.add_row(row["name"], short(row["dataset"]), how, row["named_at"][:19].replace("T", " "))
    Terminal().print(table)
    if older := len(rows) - len(listed):
        print_line(f"{older} older not listed; `--last 0` lists all")
