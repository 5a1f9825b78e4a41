"""Maintenance of a store: the work behind the commands, with progress, and an entry in the ledger."""

from storage.garbage_collection import Collection, collect, plan_collection
from storage.kinds import RecordKind, RunKind
from storage.references import resolve
from storage.store import Store
from storage.verification.verify import Verification, verify_dataset, verify_store
from tasks.runs.progress import progress
from tasks.runs.recorded_run import recorded_run


def verify(store: Store, dataset: str | None) -> Verification:
    """Verify a dataset, or the whole store."""
    with progress("verify", "objects") as advance:
        return verify_dataset(store, dataset, advance) if dataset else verify_store(store, advance)


def tag(store: Store, reference: str, name: str) -> tuple[str, str]:
    """Tag a dataset with a name of the user; return the name as ``name@vN``, and the dataset.

    Raises
    ------
    NameUnknown, InputError
        If there is no such dataset; if datasets are published under that name.
    """
    with recorded_run(store, RunKind.TAG, {"reference": reference, "name": name}, seed=None) as run:
        dataset = resolve(store, reference, RecordKind.DATASET)
        given = store.names.tag(name, dataset)
        run.outputs.append(dataset)
        run.details = {"name": given}
    return given, dataset


def roll_back(store: Store, name: str, to: str | None) -> tuple[str, str]:
    """Let a name mean an earlier dataset again; return the name as ``name@vN``, and the dataset.

    Raises
    ------
    NameUnknown
        If there is no such name or version, no earlier one, or `gc` removed its dataset.
    """
    with recorded_run(store, RunKind.ROLL_BACK, {"name": name, "to": to}, seed=None) as run:
        meant = store.names.earlier(name, to)
        dataset = resolve(store, meant, RecordKind.DATASET)
        given = store.names.roll_back(name, meant.partition("@")[2])
        run.outputs.append(dataset)
        run.details = {"name": given}
    return given, dataset


def collect_garbage(store: Store, keep: int, keep_tagged: bool) -> Collection:
    """Remove unreachable objects, and record what was removed.

    Raises
    ------
    StoreBusy
        If a job is at work in the store; nothing was removed.
    """
    configuration = {"keep": keep, "keep_tagged": keep_tagged}
    with recorded_run(store, RunKind.COLLECT, configuration, seed=None, alone=True) as run:
        collection = plan_collection(store, keep, keep_tagged)
        # Before anything is removed: so the ledger has the facts of a collection that fails half-way, too.
        run.details = collection_facts(collection)
        with progress("gc", "objects") as advance:
            collect(store, collection, advance)
    return collection


def collection_facts(collection: Collection) -> dict[str, object]:
    """Return what a collection removes, as the ledger records it and ``--json`` prints it."""
    return {
        "objects": collection.num_objects,
        "bytes": collection.num_bytes,
        "keys": len(collection.key_paths),
        "datasets": list(collection.datasets),
        "names": [f"{row['name']}@v{row['version']}" for row in collection.namings],
        "kept_objects": collection.num_kept,
        "kept_bytes": collection.num_bytes_kept,
    }
