"""The store: everything that was made, and how it was made.

::

    store.json          marks a store, and states its format
    objects/ab/abcd…    immutable: shards, manifests, weights, records, named by their SHA-256
    keys/KIND/KEY       index of what was computed: key of the work -> digest of the result
    ledger/runs         Delta Lake table of runs: who, when, where, with what
    ledger/names        Delta Lake table of names: quickstart@v3 -> dataset id
    running/RUN.json    marks of running jobs, removed when a job ends
    events/…            OpenLineage events of runs, if no other destination is configured
    sources/…           index of the photographs and videos that builds read (`storage.sources.index`)
    training/…          states of unfinished training runs (`storage.objects.training_states`)

A store is a folder or a prefix in a bucket (`storage.files.location`): the files and every id are the same.
"""

import os
from pathlib import Path

import obstore

from shls_core.errors import InputError, NameUnknown, ObjectMissing, StoreUnwritable
from storage.erased_objects import ErasureAwareObjects, StandInObjects
from storage.files.failures import store_errors
from storage.files.location import Folder, Location, locate
from storage.files.marker import MARKER, check_marker, marker_bytes
from storage.files.reading import read, read_again
from storage.files.writing import write_new
from storage.objects.key_index import KeyIndex
from storage.objects.objects import ObjectStore
from storage.records.tombstones import Erased, erased_objects
from storage.tables.ledger import Ledger
from storage.tables.names import Names
from storage.tables.naming_chain import NamingsSeen, seen


class Store:
    """An open store.

    Use `Store.open` for reading and `Store.create` for writing.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        self.backend = location.backend()
        self.ledger = Ledger(location.table("runs"), self._namings)
        self.objects = ErasureAwareObjects(self.backend, self.ledger)
        self.keys = KeyIndex(self.backend)
        self.names = Names(location.table("names"), self.ledger.head)

    def _namings(self) -> NamingsSeen:
        return seen(self.names.all_rows())

    @property
    def location(self) -> str:
        """An absolute path or ``s3://bucket/prefix``, by which another process can open the store."""
        return str(self._location)

    @property
    def root(self) -> Path:
        """The folder of a store that is not in a bucket."""
        assert isinstance(self._location, Folder), f"{self.location} is no folder"
        return self._location.path

    @classmethod
    def open(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store that exists.

        Raises
        ------
        NameUnknown
            If there is no store at `location`.
        InputError, StoreUnwritable
            If no store can have this location: a file is there, for example.
        StoreError
            If another version of the project made it.
        StoreUnreadable, StoreUnreachable
            If there is no permission, no such bucket, or no answer from the service.
        """
        place = locate(location)
        if isinstance(place, Folder) and not place.path.is_dir():
            _refuse_file(place.path)
            raise _none_at(location)
        store = cls(place)
        if not store._is_marked() and not store._has_objects():
            raise _none_at(location)
        return store

    @classmethod
    def create(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store for writing; create it if there is none.

        Raises
        ------
        StoreUnwritable
            If the folder cannot be created or written to; if the bucket does not exist, refuses writes, or
            does not support conditional writes.
        InputError, StoreError, StoreUnreadable, StoreUnreachable
            As for `open`.
        """
        place = locate(location)
        try:
            place.prepare()
            store = cls(place)
            # The second write must be refused: ids, names and the ledger depend on that.
            if store._mark() and store._mark():
                raise StoreUnwritable("it does not honour If-None-Match: of two writers the slower would win")
        except (OSError, StoreUnwritable) as error:
            raise StoreUnwritable(
                f"expected {place.kind} that can be written at {location}: {error}"
            ) from error
        store._is_marked()
        return store

    def erased(self) -> dict[str, Erased]:
        """Return what was erased on request, by digest of the object.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
            If a tombstone that the ledger names is missing or damaged.
        """
        return erased_objects(self.ledger, self.objects)

    def with_stand_ins(self) -> ObjectStore:
        """Return the objects, with stand-ins for erased shards: to see which rows existed, not to use them.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
            As for `erased`.
        """
        return StandInObjects(self.backend, self.erased())

    def sweep(self) -> None:
        """Remove the partial files of killed writers; no job may be running."""
        self._location.sweep()

    def _mark(self) -> bool:
        return write_new(self.backend, MARKER, marker_bytes())

    def _is_marked(self) -> bool:
        """Return whether the marker exists, after a check of its content."""
        try:
            with store_errors(f"expected to read the store at {self.location}"):
                found = read(self.backend, MARKER)
        except ObjectMissing:
            return False
        check_marker(found, self.location)
        return True

    def _has_objects(self) -> bool:
        """Return whether there are objects: stores from before the marker was introduced have no marker."""
        with store_errors(f"expected to list the store at {self.location}"):
            listed = read_again(lambda: obstore.list_with_delimiter(self.backend))
        return "objects" in listed["common_prefixes"]


def _refuse_file(path: Path) -> None:
    """Raise InputError if a file, or a link that leads nowhere, is where the folder of a store would be."""
    first = next(place for place in (path, *path.parents) if os.path.lexists(place))
    if not first.is_dir():
        what = "a file" if first.exists() else "a link that leads nowhere"
        raise InputError(f"expected a folder for the store, got {what}: {first}")


def _none_at(location: str | os.PathLike[str]) -> NameUnknown:
    return NameUnknown(f"expected a store at {location}, found none; `shls run` makes one")
