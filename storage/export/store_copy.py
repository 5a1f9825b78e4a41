"""Export datasets as a separate store, which contains only them and the verdict on each."""

from collections.abc import Sequence
from pathlib import Path

from obstore.store import LocalStore

from storage.files.marker import MARKER, marker_bytes
from storage.gate.verdicts import require_passed
from storage.kinds import KeyKind
from storage.objects.key_index import KeyIndex
from storage.objects.objects import ObjectStore
from storage.records.links import RECORD_STARTS_WITH, links_of
from storage.store import Store
from storage.withdrawal.deny_list import refuse_withdrawn


def export_store(
    store: Store,
    dataset_ids: Sequence[str],
    folder: Path,
    allow_withdrawn: bool = False,
    others: Sequence[str] = (),
) -> int:
    """Write datasets, all their objects and their verdicts into a folder; return the number of objects.

    Every object is hashed when it is read.

    Parameters
    ----------
    store, dataset_ids
        What to export; each must have passed the gate.
    folder
        The target folder; it must not exist.
    allow_withdrawn
        Whether datasets with withdrawn photographs may be exported.
    others
        Digests of further objects, which are copied without what they need.

    Raises
    ------
    GateError
        If one has not passed.
    PhotographWithdrawn
        If one contains a withdrawn photograph, and that is not allowed.
    ObjectErased
        If a row of one was erased on request.
    ObjectMissing, ObjectCorrupted
        If one is damaged.
    OSError, StoreUnwritable
        If the folder cannot be written.
    """
    verdicts: dict[str, str] = {}
    for dataset_id in dataset_ids:
        require_passed(store, dataset_id)
        refuse_withdrawn(store, dataset_id, allow_withdrawn)
        verdict = store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset_id)
        assert verdict is not None, "it has passed"
        verdicts[dataset_id] = verdict
    folder.mkdir()
    (folder / MARKER).write_bytes(marker_bytes())
    backend = LocalStore(prefix=folder)
    target = ObjectStore(backend)
    num_objects = _copy(store.objects, target, [*verdicts.values(), *verdicts]) + len(others)
    for digest in others:
        target.put(store.objects.get(digest))
    for dataset_id, verdict in verdicts.items():
        KeyIndex(backend).put(KeyKind.VERDICT_OF_DATASET, dataset_id, verdict)
    return num_objects


def _copy(source: ObjectStore, target: ObjectStore, roots: list[str]) -> int:
    """Copy objects and all objects that they need."""
    waiting, seen = list(roots), set(roots)
    while waiting:
        data = source.get(waiting.pop())
        target.put(data)
        links = links_of(data) if data.startswith(RECORD_STARTS_WITH) else None
        # A digest of code is the name of an object only if the digests of its modules were stored.
        named = (*links.needed, *filter(source.exists, links.code)) if links else ()
        waiting += [digest for digest in dict.fromkeys(named) if digest not in seen]
        seen.update(named)
    return len(seen)
