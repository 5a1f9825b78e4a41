"""The records of a store, each read once and cached."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectMissing
from storage.files.inventory import take_inventory
from storage.files.readers import READERS
from storage.kinds import RecordKind
from storage.objects.objects import ObjectStore
from storage.records.links import RECORD_STARTS_WITH
from storage.records.manifests import stages_in

Content = Mapping[str, Any]


class Records:
    """The content of the records of a store, by id.

    Parameters
    ----------
    backend
        Where the store's objects are.
    remembered
        Ids that names and ledger mention: the starting points of a search for all records.
    """

    def __init__(self, backend: Backend, remembered: Iterable[str]) -> None:
        self._backend = backend
        # A plain object store: it does not look up, for each missing object, whether it was erased.
        self._objects = ObjectStore(backend)
        self._remembered = frozenset(remembered)
        self._read: dict[str, Content | None] = {}
        self._all: dict[str, Content] | None = None
        self._present: set[str] = set()
        self._parts: set[str] = set()

    def get(self, digest: str) -> Content | None:
        """Return the content of a record; None if there is no object, or one that is not a record.

        Raises
        ------
        ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        if digest not in self._read:
            self._read[digest] = self._content(digest)
        return self._read[digest]

    def of_kind(self, *kinds: str) -> dict[str, Content]:
        """Return all records of some kinds in the store, by ascending id.

        Raises
        ------
        ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        found = sorted(self._everything().items())
        return {digest: record for digest, record in found if record.get("kind") in kinds}

    def unaccounted(self) -> list[str]:
        """Return the objects in the store that are neither records nor parts of a record, ascending.

        Raises
        ------
        ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        records = self._everything()
        return sorted(self._present - self._parts - records.keys())

    def _everything(self) -> dict[str, Content]:
        """Read every record in the store.

        From the ids that names and ledger mention, records lead to other records, and name the objects that
        are shards and weights: these are many, and none of them is read. Of objects that no record accounts
        for, the first byte is read.
        """
        if self._all is not None:
            return self._all
        left = self._present = set(take_inventory(self._backend, "objects").objects)
        waiting = left & self._remembered
        while left:
            batch = waiting or left
            read = [record for record in self._read_all(batch) if record is not None]
            self._parts.update(*map(_parts, read))
            left = left - batch - self._parts
            waiting = left.intersection(set().union(*map(_mentioned, read)))
        self._all = {digest: record for digest, record in self._read.items() if record is not None}
        return self._all

    def _read_all(self, digests: Iterable[str]) -> list[Content | None]:
        with ThreadPoolExecutor(READERS) as readers:
            return list(readers.map(self.get, digests))

    def _content(self, digest: str) -> Content | None:
        try:
            if self._objects.first_byte(digest) != RECORD_STARTS_WITH:
                return None
            record = json.loads(self._objects.get(digest))
        except (ObjectMissing, ValueError):
            return None
        if not isinstance(record, dict):
            return None
        # For use without its dataset, but trained on one.
        is_pretrained = record.get("kind") == RecordKind.PRETRAINED
        return record | {"kind": RecordKind.CHECKPOINT} if is_pretrained else record


def _parts(record: Content) -> set[str]:
    """Return the parts of a record that are not records: shards, weights."""
    if record.get("kind") == RecordKind.STAGE:
        return {shard["digest"] for shard in record["shards"]}
    return {record["weights"]} if record.get("kind") == RecordKind.CHECKPOINT else set()


def _mentioned(record: Content) -> set[str]:
    return {value for value in (*record.values(), *stages_in(record).values()) if isinstance(value, str)}
