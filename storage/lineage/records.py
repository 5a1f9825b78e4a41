"""The records of a store, each read once: what each says, whoever asks and however often."""

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
    """What the records of a store say, by id.

    Parameters
    ----------
    backend
        Where the store's objects are.
    remembered
        Ids that names and ledger mention: where to begin when all are looked for.
    """

    def __init__(self, backend: Backend, remembered: Iterable[str]) -> None:
        self._backend = backend
        # Plain ones: of what is missing, nobody has to look up each time what became of it.
        self._objects = ObjectStore(backend)
        self._remembered = frozenset(remembered)
        self._read: dict[str, Content | None] = {}
        self._all: dict[str, Content] | None = None
        self._present: set[str] = set()
        self._parts: set[str] = set()

    def get(self, digest: str) -> Content | None:
        """Return what a record says, or None where there is no object, or one that is no record.

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
        return {digest: said for digest, said in found if said.get("kind") in kinds}

    def unaccounted(self) -> list[str]:
        """Return the objects in the store that are no records, and that no record is made of, ascending.

        Raises
        ------
        ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        records = self._everything()
        return sorted(self._present - self._parts - records.keys())

    def _everything(self) -> dict[str, Content]:
        """Read every record there is.

        From what names and ledger mention, records lead to records, and say which objects are shards and
        weights: of those, which are many, none is touched. Of what nothing accounts for, the first byte is.
        """
        if self._all is not None:
            return self._all
        left = self._present = set(take_inventory(self._backend, "objects").objects)
        waiting = left & self._remembered
        while left:
            batch = waiting or left
            read = [said for said in self._read_all(batch) if said is not None]
            self._parts.update(*map(_parts, read))
            left = left - batch - self._parts
            waiting = left.intersection(set().union(*map(_mentioned, read)))
        self._all = {digest: said for digest, said in self._read.items() if said is not None}
        return self._all

    def _read_all(self, digests: Iterable[str]) -> list[Content | None]:
        with ThreadPoolExecutor(READERS) as readers:
            return list(readers.map(self.get, digests))

    def _content(self, digest: str) -> Content | None:
        try:
            if self._objects.first_byte(digest) != RECORD_STARTS_WITH:
                return None
            said = json.loads(self._objects.get(digest))
        except (ObjectMissing, ValueError):
            return None
        if not isinstance(said, dict):
            return None
        # Made for use without its dataset, but learned from one all the same.
        return said | {"kind": RecordKind.CHECKPOINT} if said.get("kind") == RecordKind.PRETRAINED else said


def _parts(said: Content) -> set[str]:
    """Return the objects that a record is made of and that are no records: shards, weights."""
    if said.get("kind") == RecordKind.STAGE:
        return {shard["digest"] for shard in said["shards"]}
    return {said["weights"]} if said.get("kind") == RecordKind.CHECKPOINT else set()


def _mentioned(said: Content) -> set[str]:
    return {value for value in (*said.values(), *stages_in(said).values()) if isinstance(value, str)}
