"""The store: one place that remembers everything that was made, and how.

::

    store.json          says that this is a store, and of which format
    objects/ab/abcd…    immutable: shards, manifests, weights, records, named by their SHA-256
    keys/KIND/KEY       what has been computed already: key of the work -> digest of the result
    ledger/runs         Delta Lake table of runs: who, when, where, with what
    ledger/names        Delta Lake table of names: quickstart@v3 -> dataset id
    running/RUN.json    who is at work: marks of jobs, gone when they are over
    events/…            what was told of runs, where nobody else was named to be told
    training/…          where training runs stand that are not over (`storage.objects.training_states`)

A folder or a prefix in a bucket (`storage.files.location`): the files, and every id, are the same.
"""

import os
from pathlib import Path

import obstore

from shls_core.errors import NameUnknown, ObjectMissing, StoreUnwritable
from storage.erased_objects import KnownErasures, StandIns
from storage.files.failures import store_errors
from storage.files.location import Folder, Location, locate
from storage.files.marker import MARKER, check_marker, marker_bytes
from storage.files.writing import write_new
from storage.objects.key_index import KeyIndex
from storage.objects.objects import ObjectStore
from storage.records.tombstones import Erased, erased_objects
from storage.tables.ledger import Ledger
from storage.tables.names import Names


class Store:
    """An open store.

    Use `Store.open` for reading and `Store.create` for writing.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self.backend = location.backend()
        self.ledger = Ledger(location.table("runs"))
        self.objects = KnownErasures(self.backend, self.ledger)
        self.keys = KeyIndex(self.backend)
        self.names = Names(location.table("names"), self.ledger.head)

    @property
    def location(self) -> str:
        """Where it is: an absolute path or ``s3://bucket/prefix``; another process opens it by this."""
        return str(self._location)

    @property
    def root(self) -> Path:
        """The folder of a store that is in one."""
        assert isinstance(self._location, Folder), f"{self.location} is no folder"
        return self._location.path

    @classmethod
    def open(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store that exists.

        Raises
        ------
        NameUnknown
            If there is none at `location`.
        InputError, StoreUnwritable
            If `location` is one that no store can have.
        StoreError
            If another version of the project made it.
        StoreUnreadable, StoreUnreachable
            If there is no permission, no such bucket, or no answer.
        """
        place = locate(location)
        if isinstance(place, Folder) and not place.path.is_dir():
            raise _none_at(location)
        store = cls(place)
        if not store._is_marked() and not store._has_objects():
            raise _none_at(location)
        return store

    @classmethod
    def create(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store for writing; make it where there is none.

        Raises
        ------
        StoreUnwritable
            If the folder cannot be made or written to; if the bucket is not there, refuses writes, or lets
            them replace what is there unasked.
        InputError, StoreError, StoreUnreadable, StoreUnreachable
            As for `open`.
        """
        place = locate(location)
        try:
            place.prepare()
            store = cls(place)
            # The second time it has to be refused: ids, names and the ledger rest on that.
            if store._mark() and store._mark():
                raise StoreUnwritable("it does not honour If-None-Match: of two writers the slower would win")
        except (OSError, StoreUnwritable) as error:
            raise StoreUnwritable(
                f"expected {place.kind} that can be written at {location}: {error}"
            ) from error
        store._is_marked()
        return store

    def erased(self) -> dict[str, Erased]:
        """Return what was erased by order, by digest of the object.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
            If a tombstone that the ledger names is not as it was written.
        """
        return erased_objects(self.ledger, self.objects)

    def with_stand_ins(self) -> ObjectStore:
        """Return the objects for whoever looks at which rows there were, and uses none of them.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
            As for `erased`.
        """
        return StandIns(self.backend, self.erased())

    def sweep(self) -> None:
        """Remove what killed writers left; nobody may be at work."""
        self._location.sweep()

    def _mark(self) -> bool:
        return write_new(self.backend, MARKER, marker_bytes())

    def _is_marked(self) -> bool:
        """Return whether the marker is there, having checked what it says."""
        try:
            with store_errors(f"expected to read the store at {self.location}"):
                found = bytes(obstore.get(self.backend, MARKER).bytes())
        except ObjectMissing:
            return False
        check_marker(found, self.location)
        return True

    def _has_objects(self) -> bool:
        """Return whether it was made before stores were marked."""
        with store_errors(f"expected to list the store at {self.location}"):
            return "objects" in obstore.list_with_delimiter(self.backend)["common_prefixes"]


def _none_at(location: str | os.PathLike[str]) -> NameUnknown:
    return NameUnknown(f"expected a store at {location}, found none; `shls run` makes one")
