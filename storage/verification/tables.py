"""Integrity checks of the tables beside the objects: the ledger, the names, the key index."""

from collections.abc import Collection, Sequence

from storage.canonical import short
from storage.files.inventory import KeyEntry
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.ledger import FIRST, entry_digest
from storage.verification.delta_log import log_problems
from storage.verification.key_owners import key_problems
from storage.verification.namings import changed_namings
from storage.verification.problems import KEY, LEDGER, NAME, Problem
from storage.verification.sealed_segments import segment_problems


def bookkeeping_problems(store: Store, present: Collection[str], keys: Sequence[KeyEntry]) -> list[Problem]:
    """Return what is wrong with ledger, names and key index.

    Parameters
    ----------
    store
        The store.
    present
        Digests of the objects in it.
    keys
        The entries of its key index.
    """
    return [
        *_table_problems(store),
        *dangling_names(store, present),
        *dangling_keys(store, present, keys),
        *key_problems(store, keys),
    ]


def _table_problems(store: Store) -> list[Problem]:
    """Return what is wrong with the logs of both tables, and with their rows where these can be read."""
    # Before the names: these may only have more rows than a run recorded.
    runs, namings = store.ledger.logged_runs(), store.names.logged_rows()
    return [
        *log_problems(store.backend, "runs"),
        *log_problems(store.backend, "names"),
        *broken_entries(runs),
        *segment_problems(store.ledger.segments, "runs", runs),
        *segment_problems(store.names.segments, "names", namings),
        *changed_namings(runs, namings),
    ]


def broken_entries(runs: Sequence[Row]) -> list[Problem]:
    """Check the chain of the ledger: each entry hashes to its own digest, and names the previous entry."""
    problems, previous = [], FIRST
    for place, run in enumerate(runs, start=1):
        faults = [
            what
            for what, is_fault in (
                (f"expected entry {place}, got {run['number']}", run["number"] != place),
                ("it does not name the entry before it", run["previous"] != previous),
                ("its facts do not hash to its digest", entry_digest(run) != run["entry"]),
            )
            if is_fault
        ]
        if faults:
            problems.append(Problem(LEDGER, "ledger/runs", f"run {run['run_id']}", "; ".join(faults)))
        previous = run["entry"]
    return problems


def dangling_names(store: Store, present: Collection[str]) -> list[Problem]:
    """Return the names of datasets that are missing, though no garbage collection removed them."""
    removed = store.names.removed_at()
    return [
        Problem(
            NAME,
            "ledger/names",
            f"{row['name']}@v{row['version']}",
            f"it means {short(row['digest'])}…, which is not in the store and was not removed by gc",
        )
        for row in store.names.rows()
        if row["digest"] not in present and row["digest"] not in removed
    ]


def dangling_keys(store: Store, present: Collection[str], keys: Sequence[KeyEntry]) -> list[Problem]:
    """Return the entries of the key index that point at no object."""
    return [
        Problem(
            KEY,
            entry.path,
            f"what was made of {entry.kind}",
            f"it points at {short(digest)}…, which is not in the store" if digest else "it holds no digest",
        )
        for entry, digest in store.keys.results(keys).items()
        if digest not in present
    ]
